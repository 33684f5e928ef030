#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/source.h"
#include "core/match/selector.h"
#include "core/value/template.h"

// A request of HTTP/1.1 and what is expected of its answer: as a step, as a requirement, or for the revision.
namespace wsfleet {

struct HttpExpect {
  std::optional<Predicate> status;  // default: 2xx
  std::vector<std::pair<std::string, Predicate>> headers;
  std::optional<Selector> json;
  std::optional<Predicate> text;
};

struct HttpRequest {
  std::string method;  // "GET", "POST", …
  Template url;        // path against the target, or absolute
  std::vector<std::pair<std::string, Template>> headers;
  Template auth;  // name of a credential or "none"; empty if not written
  std::optional<TemplateValue> json;
  std::optional<Template> text;
  std::optional<absl::Duration> within;
  std::optional<absl::Duration> max_time;
  SourceRange max_time_range;  // of its value, if there is one
  std::optional<HttpExpect> expect;
  std::vector<Capture> capture;
};

}  // namespace wsfleet
