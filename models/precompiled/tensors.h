// Tensors alone, compiled once for every file that needs no more of LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
