#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"
#include "core/base/source.h"

namespace wsfleet {

// A string with ${…} references, parsed once. `$${` is a literal `${`.
class Template {
 public:
  struct Part {
    bool reference = false;
    std::string text;   // literal text, or the name between the braces: "thread", "env.TARGET", "session.id"
    SourceRange range;  // of the reference
  };

  Template() = default;
  static Template Literal(std::string text);
  // `range` is where `text` begins in its file; marks of references are computed from it. Fails on an unclosed or
  // empty reference, with the offending column in the message's range (out parameter `error_range` may be null).
  static absl::StatusOr<Template> Parse(std::string_view text, const SourceRange& range, SourceRange* error_range);

  const std::vector<Part>& parts() const { return parts_; }
  const SourceRange& range() const { return range_; }
  bool is_literal() const;
  bool empty() const { return parts_.empty(); }
  // The text of a literal template.
  std::string literal() const;
  // The one reference that this template consists of, if it is that and nothing else: its value keeps its type.
  const Part* sole_reference() const;
  // As its author wrote it.
  std::string source_text() const;

 private:
  std::vector<Part> parts_;
  SourceRange range_;
};

// A JSON value in which strings may be templates.
struct TemplateValue {
  using Array = std::vector<TemplateValue>;
  using Object = std::vector<std::pair<std::string, TemplateValue>>;

  // Implicit on purpose: each is a value. Defined out of the class, because clang would otherwise look into the pairs
  // of Object before TemplateValue is complete.
  TemplateValue();
  // NOLINTBEGIN(google-explicit-constructor)
  TemplateValue(boost::json::value constant);
  TemplateValue(Template text);
  TemplateValue(Array array);
  TemplateValue(Object object);
  // NOLINTEND(google-explicit-constructor)
  TemplateValue(const TemplateValue&);
  TemplateValue(TemplateValue&&) noexcept;
  TemplateValue& operator=(const TemplateValue&);
  TemplateValue& operator=(TemplateValue&&) noexcept;
  ~TemplateValue();

  bool is_constant() const;

  std::variant<boost::json::value, Template, Array, Object> value;
};

// Where references get their values. Implementations say what they know; a name that they do not know is an error,
// whose status says which and why (absl::StatusCode::kNotFound).
class Scope {
 public:
  virtual ~Scope() = default;
  virtual absl::StatusOr<boost::json::value> Lookup(std::string_view name) const = 0;
};

// Strings of the result are the values as text: strings as they are, everything else as compact JSON.
absl::StatusOr<std::string> ExpandText(const Template& text, const Scope& scope);
absl::StatusOr<boost::json::value> Expand(const TemplateValue& value, const Scope& scope);

// The text form of a value in other text.
std::string ValueAsText(const boost::json::value& value);

}  // namespace wsfleet
