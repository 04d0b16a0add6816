#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "src/console/console_table.h"

namespace heed {

/// The results of a study in reading order: paragraphs, matrices, tables, figures, answers; and its
/// numbers by name, for programs.
class Report {
 public:
  /// `folder` exists and belongs to the study. Figures are drawn into it if `draws` is set.
  explicit Report(std::filesystem::path folder = {}, bool draws = false)
      : folder_(std::move(folder)), draws_(draws) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The title of what follows.
  void heading(const std::string& title);
  void paragraph(const std::string& words);

  /// A matrix [R, C] or a vector [C] below its formula, such as "S = Q K^T / sqrt(2)"; `names` are
  /// those of the rows.
  void matrix(const std::string& formula, const at::Tensor& numbers,
              const std::vector<std::string>& names = {});
  void table(const ConsoleTable& table);
  void answer(const std::string& question, const std::string& words);

  /// `draw` writes STEM.png and STEM.svg for the stem that it gets; `name` is its last part.
  void figure(const std::string& name, const std::string& caption,
              const std::function<void(const std::filesystem::path& stem)>& draw);

  /// Records a number by its name.
  void record(const std::string& name, nlohmann::ordered_json number);
  /// The same for a matrix, as rows of rows.
  void record(const std::string& name, const at::Tensor& numbers);
  const nlohmann::ordered_json& numbers() const { return numbers_; }

  /// For a terminal, at most 80 columns wide.
  std::string to_text() const;
  /// As a part of a page; figures' ids begin with `prefix`.
  std::string to_html(const std::string& prefix) const;

 private:
  struct Heading {
    std::string title;
  };
  struct Paragraph {
    std::string text;
  };
  struct Matrix {
    std::string formula;
    std::vector<std::vector<double>> rows;
    std::vector<std::string> names;
  };
  struct Answer {
    std::string question, words;
  };
  struct Figure {
    std::filesystem::path stem;
    std::string caption;
  };
  using Block = std::variant<Heading, Paragraph, Matrix, ConsoleTable, Answer, Figure>;

  static std::string render_text(const Block& block);
  static std::string render_html(const Block& block, const std::string& prefix);

  std::filesystem::path folder_;
  bool draws_;
  std::vector<Block> blocks_;
  nlohmann::ordered_json numbers_ = nlohmann::ordered_json::object();
};

/// A tensor as rows of rows.
nlohmann::ordered_json json_rows(const at::Tensor& numbers);

}  // namespace heed
