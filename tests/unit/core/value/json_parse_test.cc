#include "core/value/json_parse.h"

#include <random>
#include <string>

#include "boost/json/parse.hpp"
#include "core/value/json_text.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

boost::json::value ParsedExactly(const std::string& text) {
  boost::json::error_code error;
  boost::json::value value = ParseJson(text, error);
  EXPECT_FALSE(error) << text << ": " << error.message();
  return value;
}

TEST(ParseJson, ReadsEachNumberAsTheOneThatItIs) {
  EXPECT_EQ(ParsedExactly("97.98862775249707").get_double(), 97.98862775249707);
  EXPECT_EQ(ParsedExactly("100.00000000000001").get_double(), 100.00000000000001);
  EXPECT_EQ(ParsedExactly("[7.80707e-20]").at(0).get_double(), 7.80707e-20);
  const unsigned seed = std::random_device()();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const double number = std::uniform_real_distribution(-1e9, 1e9)(random);
    const std::string text = fmt::format("{{\"a\":[{}]}}", number);
    EXPECT_EQ(CompactJson(ParsedExactly(text)), text) << "seed " << seed;
  }
}

// What a tree takes by the count of its allocations.
class CountingMemory final : public boost::json::memory_resource {
 public:
  std::size_t bytes = 0;

 private:
  static constexpr std::size_t kOverhead = 8;  // of malloc
  void* do_allocate(std::size_t size, std::size_t) override {
    bytes += size + kOverhead;
    return ::operator new(size);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t) override {
    bytes -= size + kOverhead;
    ::operator delete(memory);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(JsonTreeBytes, IsAboutWhatTheTreeTakesAndSeldomLess) {
  const auto repeat = [](const std::string& element) {
    std::string text = "[" + element;
    for (int i = 1; i < 2000; ++i) text += "," + element;
    return text + "]";
  };
  for (const std::string element : {"[0]", "0", "{}", "\"a\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "{\"a\":1}",
                                    "{\"a\":1,\"b\":[2,3]}", "[[[[[0]]]]]",
                                    "{\"type\":\"message\",\"user\":{\"name\":\"bob\",\"roles\":[\"a\",\"b\"]},"
                                    "\"text\":\"hello there, how are you\"}"}) {
    const std::string text = repeat(element);
    CountingMemory memory;
    {
      const auto tree = boost::json::parse(text, &memory);
      const double ratio = static_cast<double>(JsonTreeBytes(text)) / static_cast<double>(memory.bytes);
      EXPECT_GT(ratio, 0.8) << element;
      EXPECT_LT(ratio, 5) << element;
    }
    EXPECT_EQ(memory.bytes, 0u);
  }
}

TEST(CompactJson, WritesWholeNumbersWithAllTheirDigits) {
  for (const std::string text :
       {"18446744073709551616", "100000000000000000000", "-18446744073709551616", "1e+22", "0.5"}) {
    EXPECT_EQ(CompactJson(ParsedExactly(text)), text);
  }
}

TEST(ParseJson, IsOtherwiseAsBoostsOwn) {
  for (const char* text : {"null", " true ", "[1,-2,18446744073709551615,18446744073709551616,1e999,-0]",
                           "{\"a\\u00e4\":\"\\n\",\"a\":{}}", "[]", "[1", "[1]]", "", "01", "tru", "[1e]", "\"\xff\"",
                           "{\"a\":1,\"a\":2}"}) {
    boost::json::error_code ours, theirs;
    const auto value = ParseJson(text, ours);
    EXPECT_EQ(value, boost::json::parse(text, theirs)) << text;
    EXPECT_EQ(ours, theirs) << text;
  }
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  boost::json::error_code error;
  ParseJson(deep, error);
  EXPECT_EQ(error, boost::json::error::too_deep);
  error.clear();
  ParseJson(deep, error, 64);
  EXPECT_FALSE(error);
}

}  // namespace
}  // namespace wsfleet
