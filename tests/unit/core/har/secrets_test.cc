#include "core/har/secrets.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Secrets, AreKnownByTheirFieldsNames) {
  SecretTable table;
  EXPECT_EQ(table.HideField("header", "Authorization", "Basic dTpw"), "Basic ${secret.AUTHORIZATION}");
  EXPECT_EQ(table.HideField("header", "X-Api-Key", "k"), "${secret.X_API_KEY}");
  EXPECT_EQ(table.HideField("query parameter", "access_token", "t"), "${secret.ACCESS_TOKEN}");
  EXPECT_EQ(table.HideField("query parameter", "sid", "1"), "${secret.SID}");
  EXPECT_EQ(table.HideField("query parameter", "room", "lobby"), "lobby");
  EXPECT_EQ(table.HideMember("newPassword", "p"), "${secret.NEWPASSWORD}");
  EXPECT_EQ(table.HideMember("code", "e-17"), "e-17");
  EXPECT_EQ(table.HideMember("token", ""), "");
}

TEST(Secrets, AreKnownByTheirForm) {
  SecretTable table;
  EXPECT_EQ(table.HideText("a text", "a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.sig b"), "a ${secret.TOKEN} b");
  EXPECT_EQ(table.HideText("a text", "AKIA0123456789ABCDEF and Bearer abcdefgh"),
            "${secret.TOKEN_2} and Bearer ${secret.TOKEN_3}");
  EXPECT_EQ(table.HideField("query parameter", "x", "9c1185a5c5e9fc54612808977ee8f548"), "${secret.X}");
  EXPECT_EQ(table.HideField("query parameter", "thread", "6fa459ea-ee8a-4ca4-894e-db77e160355e"),
            "6fa459ea-ee8a-4ca4-894e-db77e160355e");
  EXPECT_EQ(table.HideField("header", "Origin", "https://app.example.com:8443"), "https://app.example.com:8443");
}

TEST(Secrets, AreLongWordsInWhichLettersAndDigitsTakeTurns) {
  SecretTable table;
  const std::string token = "AbCdEf0123456789AbCdEf01";
  EXPECT_EQ(table.HideMember("ticket", token), "${secret.TICKET}");
  EXPECT_EQ(table.HideMember("", "S3cr3tOpaque0123456789abcd"), "${secret.TOKEN}");
  EXPECT_EQ(table.secrets().back().origin, "a part of a message");
  EXPECT_EQ(table.HideText("a text", "LOGIN " + token + "; bye"), "LOGIN ${secret.TICKET}; bye");
  EXPECT_EQ(table.HidePath("/ws/" + token + "/a"), "/ws/${secret.TICKET}/a");
  EXPECT_TRUE(HoldsOpaqueWord("/ws/" + token));
  for (const std::string name :
       {"getUserProfileV2Response", "6fa459ea-ee8a-4ca4-894e-db77e160355e", "room-6fa459ea-ee8a-4ca4-894e-db77e160355e",
        "order-2024-11-26-0000001", "/static/js/app.1234.min.js", "2024-11-26T20:02:32.700Z", "12345678901234567890",
        "com.example.chat.events.MessageCreated"}) {
    EXPECT_EQ(table.HideMember("x", name), name);
    EXPECT_EQ(table.HideText("a text", name), name);
    EXPECT_EQ(table.HidePath(name), name);
    EXPECT_FALSE(HoldsOpaqueWord(name)) << name;
  }
  std::string sound;
  while (sound.size() <= 1024) sound += token;
  EXPECT_EQ(table.HideMember("audio", sound), sound);
}

TEST(Secrets, AreKnownByWhatStandsBeforeThemInAText) {
  SecretTable table;
  EXPECT_EQ(table.HideText("a text", R"(42["auth",{"token":"abc"}])"), R"(42["auth",{"token":"${secret.TOKEN}"}])");
  EXPECT_EQ(table.HideText("a text", "CONNECT\npasscode:x y\n"), "CONNECT\npasscode:${secret.PASSCODE}\n");
  EXPECT_EQ(table.HideMember("payload", R"({"password":"pw"})"), R"({"password":"${secret.PASSWORD}"})");
  EXPECT_EQ(table.HideField("header", "X-Data", "bearer abcdefgh"), "bearer ${secret.TOKEN_2}");
}

TEST(Secrets, HaveOneNameForOneValueAndSayWhereTheyStood) {
  SecretTable table;
  EXPECT_EQ(table.HideField("query parameter", "token", "a"), "${secret.TOKEN}");
  EXPECT_EQ(table.HideMember("jwt", "a"), "${secret.TOKEN}");
  EXPECT_EQ(table.HideMember("token", "b"), "${secret.TOKEN_2}");
  EXPECT_EQ(table.HideField("header", "2-secret", "c"), "${secret.TOKEN2_SECRET}");
  ASSERT_EQ(table.secrets().size(), 3u);
  EXPECT_EQ(table.secrets()[0].origin, "the query parameter token");
  EXPECT_EQ(table.secrets()[1].origin, "the member token of a message");
}

TEST(Secrets, HaveOneNameTogetherWhenThereAreTooMany) {
  SecretTable table;
  for (std::size_t i = 0; i < kMaxImportedSecrets; ++i) table.HideMember("token", std::to_string(i));
  EXPECT_EQ(table.HideMember("password", "a"), "${secret.OTHER}");
  EXPECT_EQ(table.HideMember("password", "b"), "${secret.OTHER}");
  EXPECT_EQ(table.HideMember("token", "7"), "${secret.TOKEN_8}");
  EXPECT_EQ(table.secrets().size(), kMaxImportedSecrets + 1);
}

TEST(Secrets, LeaveNoTemplateOfTheRecording) {
  SecretTable table;
  EXPECT_EQ(table.HideText("a text", "${secret.X} $${y} $"), "$${secret.X} $$${y} $");
}

}  // namespace
}  // namespace wsfleet
