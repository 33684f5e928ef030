#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/parse.hpp"
#include "core/match/selector.h"
#include "core/session/expectation.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

// Short ways to write predicates, selectors and messages in tests, as the parser would make them.
namespace wsfleet::testing {

inline boost::json::value Json(std::string_view text) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size()));
}

inline JsonPath Path(std::string_view text) {
  absl::StatusOr<JsonPath> path = JsonPath::Parse(text);
  EXPECT_TRUE(path.ok()) << text;
  return path.ok() ? *std::move(path) : JsonPath();
}

// "${name}" is a reference, everything else the JSON that it is.
inline TemplateValue Operand(std::string_view text) {
  if (!text.starts_with("${")) return {Json(text)};
  absl::StatusOr<Template> reference = Template::Parse(text, {}, nullptr);
  EXPECT_TRUE(reference.ok()) << text;
  return {*std::move(reference)};
}

inline Predicate Check(Predicate::Op op, std::string_view operand) {
  Predicate predicate;
  predicate.tests.emplace_back();
  predicate.tests.back().op = op;
  predicate.tests.back().operand = Operand(operand);
  predicate.literal = op == Predicate::Op::kEquals;
  return predicate;
}

// Equal to this JSON, or to the value of this reference.
inline Predicate Is(std::string_view json) { return Check(Predicate::Op::kEquals, json); }

// `not`, `length` or `every` of another predicate.
inline Predicate Nested(Predicate::Op op, Predicate nested) {
  Predicate predicate;
  predicate.tests.emplace_back();
  predicate.tests.back().op = op;
  predicate.tests.back().nested = std::make_shared<const Predicate>(std::move(nested));
  return predicate;
}

inline Predicate Exists(bool exists) {
  Predicate predicate;
  predicate.tests.emplace_back();
  predicate.tests.back().op = Predicate::Op::kExists;
  predicate.tests.back().exists = exists;
  return predicate;
}

inline Predicate Regex(std::string_view pattern) {
  Predicate predicate;
  predicate.tests.emplace_back();
  predicate.tests.back().op = Predicate::Op::kRegex;
  predicate.tests.back().regex = std::make_shared<const re2::RE2>(std::string(pattern));
  return predicate;
}

inline Predicate Both(Predicate a, const Predicate& b) {
  a.tests.insert(a.tests.end(), b.tests.begin(), b.tests.end());
  return a;
}

// Keys as in a suite: a path, "text", "hex" or "opcode".
inline Selector Where(std::initializer_list<std::pair<std::string_view, Predicate>> entries) {
  Selector selector;
  for (const auto& [key, predicate] : entries) {
    Selector::Entry entry;
    entry.key = key;
    entry.predicate = predicate;
    if (key == "text") {
      entry.subject = Selector::Subject::kText;
    } else if (key == "hex") {
      entry.subject = Selector::Subject::kHex;
    } else if (key == "opcode") {
      entry.subject = Selector::Subject::kOpcode;
    } else {
      entry.path = Path(key);
    }
    selector.entries.push_back(std::move(entry));
  }
  return selector;
}

// A message whose `$.type` is this, and which is named after it.
inline Message OfType(std::string_view type) {
  Message message;
  message.name = type;
  message.match = Where({{"$.type", Is("\"" + std::string(type) + "\"")}});
  return message;
}

inline Capture CapturePath(std::string_view variable, std::string_view path) {
  Capture capture;
  capture.variable = variable;
  capture.source.path = Path(path);
  return capture;
}

class Variables : public CaptureScope {
 public:
  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override {
    const auto found = values_.find(name);
    if (found == values_.end()) return absl::NotFoundError("undefined variable " + std::string(name));
    return found->second;
  }
  void Set(std::string name, boost::json::value value) override { values_[std::move(name)] = std::move(value); }

 private:
  std::map<std::string, boost::json::value, std::less<>> values_;
};

// {"type": …, "d": …}, nested deeper than anybody here reads.
inline std::string DeepFrame(std::string_view type) {
  return "{\"type\":\"" + std::string(type) + "\",\"d\":" + std::string(70, '[') + "1" + std::string(70, ']') + "}";
}

}  // namespace wsfleet::testing
