#include "core/scenario/parse_load.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/scenario/keys.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

void CheckRate(ParseContext& context, std::string_view key, const YamlNode& node) {
  if (node.is_scalar() && IsRate(node.text)) return;
  context.diagnostics.Error(node.range,
                            fmt::format("{}: expected a rate such as 50/s, found {}", key, DescribeNode(node)));
}

void CheckStage(ParseContext& context, const YamlNode& node, const std::string& model) {
  if (!CheckKeys(context, node, "stage", keys::kStage)) return;
  if (const YamlNode* duration = Get(node, "for")) {
    ReadDuration(context, keys::kStage["for"], *duration);
  } else {
    context.diagnostics.Error(node.range, "stage: \"for\" is missing");
  }
  const std::string_view wanted = model == "sessions" ? "sessions" : "rate";
  const std::string_view other = model == "sessions" ? "rate" : "sessions";
  if (const auto* wrong = node.Find(other)) {
    context.diagnostics.Error(wrong->key_range,
                              fmt::format("\"{}\" does not go with model: {}; use {}", other, model, wanted));
  }
  if (Get(node, wanted) == nullptr) {
    context.diagnostics.Error(node.range, fmt::format("stage: \"{}\" is missing", wanted));
  } else if (wanted == "rate") {
    CheckRate(context, "rate", *Get(node, "rate"));
  } else {
    ReadInteger(context, keys::kStage["sessions"], *Get(node, "sessions"));
  }
  if (const YamlNode* ramp = Get(node, "ramp")) ReadBool(context, "ramp", *ramp);
}

void CheckStages(ParseContext& context, const YamlNode& node, const std::string& model) {
  for (const std::string_view key : {"from", "to", "hold", "precision"}) {
    if (const auto* entry = node.Find(key)) {
      context.diagnostics.Error(entry->key_range,
                                fmt::format("\"{}\" does not go with model: {}; use stages", key, model));
    }
  }
  if (const auto* entry = node.Find("max_sessions"); entry != nullptr && model == "sessions") {
    context.diagnostics.Error(entry->key_range, "\"max_sessions\" does not go with model: sessions; use stages");
  }
  const YamlNode* stages = Get(node, "stages");
  if (stages == nullptr || !stages->is_sequence() || stages->elements.empty()) {
    context.diagnostics.Error(stages == nullptr ? node.range : stages->range, "stages: expected a list of stages");
    return;
  }
  for (const YamlNode& stage : stages->elements) CheckStage(context, stage, model);
}

void CheckSearch(ParseContext& context, const YamlNode& node, bool has_thresholds) {
  if (const auto* stages = node.Find("stages")) {
    context.diagnostics.Error(stages->key_range, "\"stages\" does not go with model: search; use from, to, hold");
    return;
  }
  for (const std::string_view key : {"from", "to"}) {
    if (const YamlNode* rate = Get(node, key)) {
      CheckRate(context, key, *rate);
    } else {
      context.diagnostics.Error(node.range, fmt::format("load: \"{}\" is missing", key));
    }
  }
  if (const YamlNode* hold = Get(node, "hold")) ReadDuration(context, keys::kLoad["hold"], *hold);
  if (const YamlNode* precision = Get(node, "precision")) {
    const std::string_view text = precision->text;
    double share = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "%" || share < 0) {
      context.diagnostics.Error(
          precision->range, fmt::format("precision: expected a share such as 5%, found {}", DescribeNode(*precision)));
    }
  }
  if (!has_thresholds) {
    context.diagnostics.Error(Get(node, "model")->range,
                              "model: search needs thresholds; it looks for the highest rate that meets them");
  }
}

void CheckWeights(ParseContext& context, const YamlNode::Entry& weights, const YamlNode& load) {
  const YamlNode* per = Get(load, "per");
  if (per != nullptr && per->text != "fleet") {
    context.diagnostics.Error(weights.key_range,
                              "\"region_weights\" does not go with per: region or agent; use per: fleet");
  }
  if (!weights.value.is_mapping()) {
    context.diagnostics.Error(weights.value.range, fmt::format("region_weights: expected regions and numbers, found {}",
                                                               DescribeNode(weights.value)));
  }
  for (const YamlNode::Entry& entry : weights.value.entries) {
    const boost::json::value weight = entry.value.is_scalar() ? ScalarValue(entry.value) : boost::json::value();
    if (!weight.is_number() || weight.to_number<double>() <= 0) {
      context.diagnostics.Error(entry.value.range, fmt::format("{}: expected a number above 0, found {}",
                                                               Excerpt(entry.key, 60), DescribeNode(entry.value)));
    }
  }
}

}  // namespace

bool IsRate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view unit = text.substr(slash + 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, number);
  return error == std::errc() && end == text.data() + slash && number >= 0 &&
         (unit == "s" || unit == "m" || unit == "h");
}

void CheckLoad(ParseContext& context, const YamlNode& node, bool has_thresholds) {
  if (!CheckKeys(context, node, "load", keys::kLoad)) return;
  const YamlNode* model = Get(node, "model");
  if (model == nullptr) {
    context.diagnostics.Error(node.range, "load: \"model\" is missing");
    return;
  }
  const auto word = ReadWord(context, keys::kLoad["model"], *model);
  if (!word) return;
  if (const YamlNode* per = Get(node, "per")) ReadWord(context, keys::kLoad["per"], *per);
  if (const YamlNode* max = Get(node, "max_sessions")) ReadInteger(context, keys::kLoad["max_sessions"], *max);
  if (const auto* weights = node.Find("region_weights")) CheckWeights(context, *weights, node);
  if (*word == "search") {
    CheckSearch(context, node, has_thresholds);
  } else {
    CheckStages(context, node, *word);
  }
}

}  // namespace wsfleet
