#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "boost/json/value.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {

// Reads the members of a JSON object into fields. A member that is absent leaves its field as it is; one of the wrong
// type is an error that names its path. The first error is kept, and what follows it does nothing.
class JsonReader {
 public:
  JsonReader(const boost::json::value& json, std::string path) : path_(std::move(path)), object_(json.if_object()) {
    if (object_ == nullptr) status_ = absl::InvalidArgumentError(fmt::format("{}: expected an object", path_));
  }

  const absl::Status& status() const { return status_; }
  const std::string& path() const { return path_; }

  // Null if it is absent, or after an error.
  const boost::json::value* Find(std::string_view name) const {
    if (!status_.ok()) return nullptr;
    return object_->if_contains(boost::json::string_view(name.data(), name.size()));
  }

  void Read(std::string_view name, std::string& out) {
    if (const auto* value = Find(name)) {
      if (!value->is_string()) return Fail(name, "a string");
      out = std::string(value->get_string());
    }
  }
  void Read(std::string_view name, bool& out) {
    if (const auto* value = Find(name)) {
      if (!value->is_bool()) return Fail(name, "true or false");
      out = value->get_bool();
    }
  }
  template <typename Number>
    requires std::is_unsigned_v<Number>
  void Read(std::string_view name, Number& out) {
    if (const auto* value = Find(name)) {
      boost::json::error_code error;
      const auto number = value->to_number<std::uint64_t>(error);
      if (error || number > std::numeric_limits<Number>::max()) return Fail(name, "a whole number in range");
      out = static_cast<Number>(number);
    }
  }
  template <typename Number>
    requires std::is_unsigned_v<Number>
  void Read(std::string_view name, std::optional<Number>& out) {
    if (Find(name) != nullptr) Read(name, out.emplace());
  }
  // Durations are whole nanoseconds.
  void Read(std::string_view name, absl::Duration& out) {
    if (const auto* value = Find(name)) {
      boost::json::error_code error;
      const auto number = value->to_number<std::int64_t>(error);
      if (error) return Fail(name, "nanoseconds");
      out = absl::Nanoseconds(number);
    }
  }
  void Read(std::string_view name, std::optional<absl::Duration>& out) {
    if (Find(name) != nullptr) Read(name, out.emplace());
  }
  // Times are RFC 3339.
  void Read(std::string_view name, absl::Time& out) {
    std::string text;
    Read(name, text);
    if (Find(name) == nullptr) return;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, text, &out, &error)) Fail(name, "a time (RFC 3339)");
  }
  void Read(std::string_view name, std::optional<absl::Time>& out) {
    if (Find(name) != nullptr) Read(name, out.emplace());
  }
  // Words of a fixed list, by their parser.
  template <typename Value>
  void ReadWord(std::string_view name, std::optional<Value> (*parse)(std::string_view), Value& out) {
    std::string word;
    Read(name, word);
    if (Find(name) == nullptr) return;
    const std::optional<Value> value = parse(word);
    if (!value) return Fail(name, "a word that this version knows");
    out = *value;
  }
  // Calls `read` with each element of an array.
  void ReadEach(std::string_view name,
                const std::function<absl::Status(const boost::json::value&, std::string)>& read) {
    const auto* value = Find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return Fail(name, "an array");
    std::size_t index = 0;
    for (const auto& element : value->get_array()) {
      Keep(read(element, fmt::format("{}.{}[{}]", path_, name, index++)));
    }
  }
  void Keep(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

 private:
  void Fail(std::string_view name, std::string_view expected) {
    Keep(absl::InvalidArgumentError(fmt::format("{}.{}: expected {}", path_, name, expected)));
  }

  std::string path_;
  const boost::json::object* object_;
  absl::Status status_;
};

inline std::string TimeText(absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); }

}  // namespace wsfleet
