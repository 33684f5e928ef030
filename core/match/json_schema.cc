// What valijson does not take is thrown; else it would end the process.
#define VALIJSON_USE_EXCEPTIONS 1

#include "core/match/json_schema.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "core/base/text.h"
#include "core/match/compare.h"
#include "core/match/json_path.h"
#include "core/match/json_schema_document.h"
#include "core/value/json_numbers.h"
#include "core/value/json_parse.h"
#include "core/value/json_text.h"
#include "fmt/format.h"
#include "re2/re2.h"
#include "valijson/adapters/boost_json_adapter.hpp"
#include "valijson/constraint_builder.hpp"
#include "valijson/schema.hpp"
#include "valijson/schema_parser.hpp"
#include "valijson/validator.hpp"

namespace wsfleet {
namespace {

namespace json = boost::json;
using valijson::ValidationResults;
using valijson::adapters::Adapter;
using valijson::adapters::BoostJsonAdapter;

struct TooManyTests : std::runtime_error {
  TooManyTests()
      : std::runtime_error(fmt::format("the schema asks for more than {} tests of this value", JsonSchema::kMaxTests)) {
  }
};

// What is left of the tests of the value that this thread is judging: valijson hands nothing through to constraints.
thread_local std::int64_t tests_left = 0;
thread_local bool exceeded = false;

void Spend(std::int64_t tests) {
  tests_left -= tests;
  if (tests_left < 0) throw TooManyTests();
}

// A constraint as valijson wants it, of a type that can be copied and that has
// bool Holds(const Adapter&, std::string& why) const.
template <typename Test>
class ConstraintOf final : public valijson::constraints::PolyConstraint {
 public:
  explicit ConstraintOf(Test test) : test_(std::move(test)) {}

  bool validate(const Adapter& target, const std::vector<std::string>& context,
                ValidationResults* results) const override {
    std::string why;
    if (test_.Holds(target, why)) return true;
    if (results != nullptr) results->pushError(context, why);
    return false;
  }

 private:
  valijson::constraints::Constraint* cloneInto(void* memory) const override { return new (memory) ConstraintOf(test_); }
  std::size_t sizeOf() const override { return sizeof(ConstraintOf); }

  Test test_;
};

template <typename Test>
class BuilderOf final : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const Adapter& operand) const override {
    return new ConstraintOf<Test>(Test(operand));
  }
};

struct CountedTests {
  explicit CountedTests(const Adapter& operand) : tests(operand.asInteger()) {}
  bool Holds(const Adapter&, std::string&) const {
    Spend(tests);
    return true;
  }
  std::int64_t tests;
};

struct Pattern {
  explicit Pattern(const Adapter& operand) {
    regex = std::make_shared<const re2::RE2>(operand.asString(), PatternOptions());
  }
  bool Holds(const Adapter& target, std::string& why) const {
    if (!target.isString()) return true;
    why = fmt::format("does not match the pattern {}", regex->pattern());
    return re2::RE2::PartialMatch(target.asString(), *regex);
  }
  std::shared_ptr<const re2::RE2> regex;
};

struct MultipleOf {
  explicit MultipleOf(const Adapter& operand)
      : divisor(operand.asDouble()), whole_divisor(operand.isInteger() ? operand.asInteger() : 0) {}

  bool Holds(const Adapter& target, std::string& why) const {
    if (!target.isNumber()) return true;
    why = fmt::format("is no multiple of {}", divisor);
    if (target.isInteger() && whole_divisor != 0) return target.asInteger() % whole_divisor == 0;
    const double value = target.asDouble();
    const double rest = std::abs(std::remainder(value, divisor));
    // As far off as a decimal fraction is that a double can only approach.
    const double error = 4 * std::numeric_limits<double>::epsilon() * std::abs(value);
    return rest == 0 || (rest <= error && std::isfinite(value / divisor));
  }

  double divisor;
  std::int64_t whole_divisor;  // 0: it is none
};

json::value NumberOf(const Adapter& number) {
  return number.isInteger() ? json::value(number.asInteger()) : json::value(number.asDouble());
}

// Draft-07, 6.2.2 to 6.2.5. valijson compares doubles, of which two whole numbers may be one from 2^53 on.
template <bool kIsUpper, bool kIsExclusive>
struct Bound {
  explicit Bound(const Adapter& operand) : limit(NumberOf(operand)) {}

  bool Holds(const Adapter& target, std::string& why) const {
    if (!target.isNumber()) return true;
    why = fmt::format("is {} {}", kIsUpper ? "more than" : "less than", CompactJson(limit));
    if (kIsExclusive) why += " or the same";
    const std::partial_ordering order = CompareNumbers(NumberOf(target), limit);
    return (!kIsExclusive && order == 0) || (kIsUpper ? order < 0 : order > 0);
  }

  json::value limit;
};

// The names of draft-07; valijson's own holds what no int64 holds for no integer.
struct TypeTest {
  explicit TypeTest(const Adapter& operand) {
    if (operand.isString()) names.push_back(operand.asString());
    if (!operand.isArray()) return;
    operand.applyToArray([this](const Adapter& name) {
      names.push_back(name.asString());
      return true;
    });
  }

  bool Holds(const Adapter& target, std::string& why) const {
    why = fmt::format("is not of the type {}", fmt::join(names, ", "));
    return std::ranges::any_of(names, [&](const std::string& name) { return Is(target, name); });
  }

  static bool Is(const Adapter& target, std::string_view name) {
    if (name == "integer") return target.isInteger() || (target.isDouble() && IsWhole(target.asDouble()));
    if (name == "number") return target.isNumber();
    if (name == "string") return target.isString();
    if (name == "object") return target.isObject();
    if (name == "array") return target.isArray();
    return name == "boolean" ? target.isBool() : target.isNull();
  }

  static bool IsWhole(double number) { return std::isfinite(number) && number == std::trunc(number); }

  std::vector<std::string> names;
};

// The same text for equal values, and for no others.
std::string KeyOf(const Adapter& value) {
  if (value.isArray()) {
    std::string key = "[";
    value.applyToArray([&key](const Adapter& element) {
      key += KeyOf(element) + ",";
      return true;
    });
    return key;
  }
  if (value.isObject()) {
    std::map<std::string, std::string> members;
    value.applyToObject([&members](const std::string& name, const Adapter& member) {
      members[name] = KeyOf(member);
      return true;
    });
    std::string key = "{";
    for (const auto& [name, member] : members) key += fmt::format("{}:{}{},", name.size(), name, member);
    return key;
  }
  if (value.isString()) return fmt::format("s{}:{}", value.asString().size(), value.asString());
  if (value.isInteger()) return fmt::format("{}", value.asInteger());
  if (value.isDouble()) return fmt::format("d{}", value.asDouble());
  if (value.isBool()) return value.asBool() ? "true" : "false";
  return "null";
}

struct UniqueItems {
  explicit UniqueItems(const Adapter&) {}
  bool Holds(const Adapter& target, std::string& why) const {
    if (!target.isArray()) return true;
    std::set<std::string> seen;
    std::size_t index = 0;
    return target.applyToArray([&](const Adapter& element) {
      Spend(1);
      if (!seen.insert(KeyOf(element)).second) why = fmt::format("element {} was there before", index);
      ++index;
      return why.empty();
    });
  }
};

// "$.orders[3].price" of valijson's "<root>", "[orders]", "[3]", "[price]".
std::string PathOf(const std::vector<std::string>& context) {
  std::string path = "$";
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view name = context[i];
    if (name.size() >= 2) name = name.substr(1, name.size() - 2);
    const auto all = [&](auto test) {
      return !name.empty() && std::ranges::all_of(name, [&](char c) { return test(static_cast<unsigned char>(c)); });
    };
    if (all([](unsigned char c) { return absl::ascii_isdigit(c); })) {
      path += fmt::format("[{}]", name);
    } else if (all([](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; })) {
      path += fmt::format(".{}", name);
    } else {
      path += fmt::format("[{}]", CompactJson(json::value(json::string_view(name.data(), name.size()))));
    }
  }
  return path;
}

class ValijsonSchema final : public JsonSchema {
 public:
  // Throws what valijson does not take.
  explicit ValijsonSchema(const json::object& document) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.addConstraintBuilder(std::string(kTestsKeyword), new BuilderOf<CountedTests>());
    parser.addConstraintBuilder(std::string(kPatternKeyword), new BuilderOf<Pattern>());
    parser.addConstraintBuilder(std::string(kUniqueKeyword), new BuilderOf<UniqueItems>());
    parser.addConstraintBuilder(std::string(kTypeKeyword), new BuilderOf<TypeTest>());
    parser.addConstraintBuilder(std::string(kMultipleKeyword), new BuilderOf<MultipleOf>());
    parser.addConstraintBuilder(std::string(kMaximumKeyword), new BuilderOf<Bound<true, false>>());
    parser.addConstraintBuilder(std::string(kExclusiveMaximumKeyword), new BuilderOf<Bound<true, true>>());
    parser.addConstraintBuilder(std::string(kMinimumKeyword), new BuilderOf<Bound<false, false>>());
    parser.addConstraintBuilder(std::string(kExclusiveMinimumKeyword), new BuilderOf<Bound<false, true>>());
    const json::value root(document);
    parser.populateSchema(BoostJsonAdapter(root), schema_);
  }

  bool Accepts(const json::value& value) const override {
    try {
      return Validate(value, nullptr);
    } catch (const TooManyTests&) {
      exceeded = true;
      return false;
    }
  }

  std::string Explain(const json::value& value) const override {
    ValidationResults results;
    try {
      Validate(value, &results);
    } catch (const TooManyTests& problem) {
      return fmt::format("$: {}", problem.what());
    }
    if (results.numErrors() == 0) return "$: not allowed";
    const ValidationResults::Error& first = *results.begin();
    return fmt::format("{}: {}", PathOf(first.context), first.description);
  }

 private:
  bool Validate(const json::value& value, ValidationResults* results) const {
    json::value normal = value;
    NormalizeNumbers(normal);
    tests_left = kMaxTests;
    return valijson::Validator().validate(schema_, BoostJsonAdapter(normal), results);
  }

  valijson::Schema schema_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const JsonSchema>> JsonSchema::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(fmt::format("larger than {} KiB", kMaxBytes / 1024));
  }
  json::error_code error;
  json::value document = ParseJson(text, error, JsonPath::kMaxDepth);
  if (error) return absl::InvalidArgumentError(fmt::format("not JSON: {}", error.message()));
  if (const std::string_view number = FirstRoundedNumber(text); !number.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} has more digits than are held", Excerpt(number, 60)));
  }
  NormalizeNumbers(document);
  absl::StatusOr<json::object> prepared = PrepareSchema(document);
  if (!prepared.ok()) return prepared.status();
  try {
    return std::make_shared<const ValijsonSchema>(*prepared);
  } catch (const std::exception& problem) {
    return absl::InvalidArgumentError(fmt::format("no schema of draft-07: {}", problem.what()));
  }
}

bool JsonSchema::TakeExceeded() { return std::exchange(exceeded, false); }

}  // namespace wsfleet
