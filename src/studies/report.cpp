#include "src/studies/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/console/word_wrap.h"
#include "src/pages/html.h"
#include "src/pages/inline_svg.h"

namespace heed {
namespace {

constexpr int columns = 80;

template <class... Ways>
struct Overloaded : Ways... {
  using Ways::operator()...;
};
template <class... Ways>
Overloaded(Ways...) -> Overloaded<Ways...>;  // Clang 16 needs the guide

std::string shown(double number) {
  return std::isnan(number) ? "nan" : fmt::format("{:.4f}", number);
}

std::vector<std::vector<double>> list_rows(const at::Tensor& numbers) {
  const auto matrix = numbers.detach().to(at::kCPU, at::kDouble).reshape({-1, numbers.size(-1)});
  const auto values = matrix.contiguous();
  std::vector<std::vector<double>> rows;
  for (int64_t i = 0; i < values.size(0); ++i) {
    const auto* row = values.const_data_ptr<double>() + i * values.size(1);
    rows.emplace_back(row, row + values.size(1));
  }
  return rows;
}

}  // namespace

nlohmann::ordered_json json_rows(const at::Tensor& numbers) {
  if (numbers.dim() == 0) return numbers.item<double>();
  auto rows = nlohmann::ordered_json::array();
  for (const auto& row : numbers.detach().to(at::kCPU, at::kDouble).unbind(0))
    rows.push_back(json_rows(row));
  return rows;
}

void Report::heading(const std::string& title) { blocks_.emplace_back(Heading{title}); }

void Report::paragraph(const std::string& words) { blocks_.emplace_back(Paragraph{words}); }

void Report::matrix(const std::string& formula, const at::Tensor& numbers,
                    const std::vector<std::string>& names) {
  blocks_.emplace_back(Matrix{formula, list_rows(numbers), names});
}

void Report::table(const ConsoleTable& table) { blocks_.emplace_back(table); }

void Report::answer(const std::string& question, const std::string& words) {
  blocks_.emplace_back(Answer{question, words});
}

void Report::figure(const std::string& name, const std::string& caption,
                    const std::function<void(const std::filesystem::path&)>& draw) {
  if (!draws_) return;
  const auto stem = folder_ / name;
  draw(stem);
  blocks_.emplace_back(Figure{stem, caption});
}

void Report::record(const std::string& name, nlohmann::ordered_json number) {
  numbers_[name] = std::move(number);
}

void Report::record(const std::string& name, const at::Tensor& numbers) {
  numbers_[name] = json_rows(numbers);
}

std::string Report::render_text(const Block& block) {
  const auto matrix_text = [](const Matrix& matrix) {
    size_t name_width = 0, width = 0;
    for (const auto& name : matrix.names) name_width = std::max(name_width, name.size());
    for (const auto& row : matrix.rows)
      for (const double number : row) width = std::max(width, shown(number).size());
    std::string text = matrix.formula + "\n";
    for (size_t i = 0; i < matrix.rows.size(); ++i) {
      const auto name = i < matrix.names.size() ? matrix.names[i] : "";
      text += fmt::format("  {:<{}}", name, name_width);
      for (const double number : matrix.rows[i])
        text += fmt::format("  {:>{}}", shown(number), width);
      text += "\n";
    }
    return text;
  };
  return std::visit(
      Overloaded{[](const Heading& heading) {
                   return fmt::format("\n{}\n{}\n", heading.title, rule(heading.title));
                 },
                 [](const Paragraph& paragraph) { return word_wrapped(paragraph.text, columns); },
                 matrix_text, [](const ConsoleTable& table) { return table.to_text(columns); },
                 [](const Answer& answer) {
                   return word_wrapped(answer.question, columns) +
                          word_wrapped(answer.words, columns, "  ");
                 },
                 [](const Figure& figure) {
                   return word_wrapped(figure.stem.string() + ".png: " + figure.caption, columns);
                 }},
      block);
}

std::string Report::to_text() const {
  std::string text;
  for (const auto& block : blocks_) text += (text.empty() ? "" : "\n") + render_text(block);
  return text;
}

std::string Report::render_html(const Block& block, const std::string& prefix) {
  const auto matrix_html = [](const Matrix& matrix) {
    auto html =
        fmt::format("<table class=\"matrix\"><caption>{}</caption>\n", html_text(matrix.formula));
    for (size_t i = 0; i < matrix.rows.size(); ++i) {
      html += "<tr>";
      if (!matrix.names.empty())
        html +=
            fmt::format("<th>{}</th>", html_text(i < matrix.names.size() ? matrix.names[i] : ""));
      for (const double number : matrix.rows[i])
        html += fmt::format("<td class=\"number\">{}</td>", shown(number));
      html += "</tr>\n";
    }
    return "<div class=\"table\">" + html + "</table></div>\n";
  };
  const auto paragraph_html = [](const std::string& words, const std::string& kind) {
    return fmt::format("<p{}>{}</p>\n", kind, html_text(words));
  };
  return std::visit(
      Overloaded{[](const Heading& heading) {
                   return fmt::format("<h3>{}</h3>\n", html_text(heading.title));
                 },
                 [&](const Paragraph& paragraph) { return paragraph_html(paragraph.text, ""); },
                 matrix_html,
                 [](const ConsoleTable& table) {
                   return "<div class=\"table\">" + html_table(table) + "</div>\n";
                 },
                 [&](const Answer& answer) {
                   return paragraph_html(answer.question, " class=\"question\"") +
                          paragraph_html(answer.words, "");
                 },
                 [&](const Figure& figure) {
                   const auto name = figure.stem.filename().string();
                   return fmt::format(
                       "<figure id=\"{}{}\"><div>{}</div>\n<figcaption>{}</figcaption>"
                       "</figure>\n",
                       prefix, name, inline_svg(figure.stem.string() + ".svg", prefix + name + "-"),
                       html_text(figure.caption));
                 }},
      block);
}

std::string Report::to_html(const std::string& prefix) const {
  std::string html;
  for (const auto& block : blocks_) html += render_html(block, prefix);
  return html;
}

}  // namespace heed
