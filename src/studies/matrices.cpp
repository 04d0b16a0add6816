#include "src/studies/matrices.h"

#include "src/figures/attention_figure.h"

namespace heed {
namespace {

AttentionFigure make_figure(const std::vector<ShownMap>& maps, const std::vector<std::string>& rows,
                            const std::vector<std::string>& columns) {
  AttentionFigure figure{.query_tokens = rows, .key_tokens = columns, .heads = {}, .title = ""};
  for (const auto& [title, weights] : maps) {
    const auto values = weights.to(at::kFloat).contiguous();
    const auto* first = values.const_data_ptr<float>();
    figure.heads.push_back({title, {first, first + values.numel()}});
  }
  return figure;
}

}  // namespace

at::Tensor make_matrix(const Rows& rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(at::tensor(row, at::kDouble));
  return at::stack(tensors);
}

std::vector<std::string> numbered(const std::string& name, int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 1; i <= count; ++i) names.push_back(name + std::to_string(i));
  return names;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

void show_maps(Report& report, const std::string& name, const std::string& caption,
               const std::vector<ShownMap>& maps, const std::vector<std::string>& queries,
               const std::vector<std::string>& keys, const std::string& scale) {
  report.figure(name, caption, [&](const std::filesystem::path& stem) {
    auto figure = make_figure(maps, queries, keys);
    figure.scale_caption = scale;
    write_attention_figure(figure, stem);
  });
}

void show_numbers(Report& report, const std::string& name, const std::string& caption,
                  const std::vector<ShownMap>& maps, const std::vector<std::string>& rows,
                  const std::vector<std::string>& columns) {
  report.figure(name, caption, [&](const std::filesystem::path& stem) {
    auto figure = make_figure(maps, rows, columns);
    figure.signed_numbers = true;
    figure.query_caption = figure.key_caption = "";
    figure.scale_caption = "value";
    write_attention_figure(figure, stem);
  });
}

}  // namespace heed
