#include "coordinator/identity/join_token.h"

#include <string>

#include "core/base/text.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

TEST(JoinToken, IsReadAsItIsWrittenAndKnownByItsHash) {
  const auto token = NewJoinToken();
  ASSERT_TRUE(token.ok()) << token.status();
  const auto read = ParseJoinToken(token->text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->id, token->id);
  EXPECT_TRUE(HasHash(*read, HashOf(*token)));
  EXPECT_EQ(HashOf(*token).find(token->text.substr(20)), std::string::npos);
  EXPECT_NE(NewJoinToken()->text, token->text);
}

TEST(JoinToken, OfTheSameIdWithAnotherSecretHasAnotherHash) {
  const auto token = NewJoinToken();
  JoinTokenText forged = *token;
  forged.text.back() = forged.text.back() == '0' ? '1' : '0';
  EXPECT_FALSE(HasHash(forged, HashOf(*token)));
  EXPECT_FALSE(HasHash(*token, ""));
}

TEST(JoinToken, IsNothingElseAndARefusalDoesNotRepeatIt) {
  const std::string whole = NewJoinToken()->text;
  for (const std::string& text : {std::string(), std::string("wsj_"), whole.substr(1), whole + "0", whole.substr(0, 40),
                                  "wsj_" + std::string(12, 'G') + whole.substr(16), std::string(4000, '_')}) {
    const auto read = ParseJoinToken(text);
    EXPECT_TRUE(absl::IsUnauthenticated(read.status())) << text;
    if (text.size() > 20) {
      EXPECT_EQ(ToStd(read.status().message()).find(text.substr(18)), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace wsfleet::coordinator
