"""What figures of speed depend on."""
import json
import os
import platform

from processes import run


def cpu_line(key):
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return ""


def cores():
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine(heed, python, threads):
    """CPU, cores, instruction sets, system, threads, and the versions of all programs."""
    flags = cpu_line("flags").split()
    heed_says = json.loads(run([heed, "bench", "optimizer", "--quick", "--json"]).out)["machine"]
    versions = run([python, "-c", "import platform, torch; print(torch.__version__, platform.python_version())"])
    torch_version, python_version = versions.out.split()
    wanted = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")
    return {"cpu": cpu_line("model name") or platform.processor() or "unknown", "cores": cores(),
            "instruction_sets": [name for name in wanted if name in flags],
            "heed_instructions": heed_says["instructions"], "system": platform.platform(), "threads": threads,
            "heed": heed_says["heed"], "libtorch": heed_says["libtorch"], "torch": torch_version,
            "python": python_version}
