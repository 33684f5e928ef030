#include "cli/report/html.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] =
    "</script></style></title></pre>--><img src=x onerror=alert(1)>\"'><a href=//evil.example>&";

// Says of a page, as a browser's parser would take it: elements that a report never has, attributes that load or run
// something, and whether the policy's hashes are those of the one style and the one script.
constexpr char kInspect[] = R"py(
import base64, hashlib, html.parser, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.bad, self.stack, self.policy, self.text, self.ids, self.links = [], [], "", {}, [], []
    def handle_starttag(self, tag, attributes):
        if tag in ("img", "iframe", "link", "object", "embed", "form", "base", "video", "audio"): self.bad.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "src", "srcset", "action", "data"): self.bad.append(name)
            if name == "href": self.links.append(value)
            if name == "id": self.ids.append(value)
        attributes = dict(attributes)
        if attributes.get("http-equiv") == "Content-Security-Policy": self.policy = attributes["content"]
        if tag not in ("meta", "br", "rect", "line"): self.stack.append(tag)
        if tag in ("style", "script"): self.text[tag] = self.text.get(tag, []) + [""]
    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag: self.bad.append("</%s>" % tag)
    def handle_data(self, data):
        if self.stack and self.stack[-1] in ("style", "script"): self.text[self.stack[-1]][-1] += data
page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
print("bad", page.bad, page.stack)
print("outside", [link for link in page.links if not link.startswith("#")])
print("dangling", [link for link in page.links if link[1:] not in page.ids])
print("twice", len(page.ids) - len(set(page.ids)))
for tag in ("style", "script"):
    digest = base64.b64encode(hashlib.sha256(page.text[tag][0].encode()).digest()).decode()
    print(tag, len(page.text[tag]), "%s-src 'sha256-%s'" % (tag, digest) in page.policy)
print(page.policy.split(";")[0])
)py";

std::string Inspect(const std::string& html) {
  testing::TemporaryDirectory directory;
  const std::string file = directory.Write("report.html", html);
  const testing::Finished run =
      testing::RunCommand({{"/usr/bin/python3", "-c", kInspect, file}, {}, {}}, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.out;
}

constexpr char kClean[] =
    "bad [] []\noutside []\ndangling []\ntwice 0\nstyle 1 True\nscript 1 True\ndefault-src 'none'\n";

TEST(Html, IsOneFileThatAsksForNothingUnderAPolicyThatAllowsOnlyItsOwnStyleAndScript) {
  EXPECT_EQ(Inspect(RenderHtml(BrokenInOneRegion())), kClean);
}

TEST(Html, TakesNoMarkupFromAnybody) {
  const std::string html = RenderHtml(PoisonedWith(kHostile));
  EXPECT_EQ(Inspect(html), kClean);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;")) << "it is shown as text";
}

TEST(Html, ShowsVerdictFactsMatrixAndFindingsWithoutItsScript) {
  const std::string html = RenderHtml(BrokenInOneRegion());
  for (const char* part :
       {"</span> failed</span>Run r-7Q2K</h1>", "wsfleet run chat.wsfleet.yaml", "3 passed · 1 failed",
        "<th scope=\"row\">chat › two</th>", "upgrade-refused-5xx", "chat.wsfleet.yaml:2:5", "^^^^^^^",
        "<dt>status</dt><dd>500 </dd>", "&lt;b&gt;broken&lt;/b&gt;", "env-missing: STAGE is not set"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
}

TEST(Html, SaysAStatusInWordsBesideItsIconAndColour) {
  const std::string html = RenderHtml(BrokenInOneRegion());
  EXPECT_THAT(html, HasSubstr("<span class=\"failed\"><span aria-hidden=\"true\">✗</span> failed</span>"));
  EXPECT_THAT(html, HasSubstr("<span class=\"passed\"><span aria-hidden=\"true\">✓</span> passed</span>"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(Html, HasATraceForEachResultWithFramesAndPhases) {
  const std::string html = RenderHtml(BrokenInOneRegion());
  EXPECT_THAT(html, HasSubstr("<summary>Trace in eu-west-1"));
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">+11ms</td><td>← received</td><td>http</td>"
                              "<td class=\"number\">99 B</td><td><code>HTTP/1.1 500 Oops</code></td>"));
  EXPECT_THAT(html, HasSubstr("aria-label=\"connect 1.0ms · upgrade 7.0ms\""));
  EXPECT_THAT(html, HasSubstr("<rect class=\"upgrade\" x=\"125.0\" y=\"0\" width=\"875.0\""));
}

TEST(Html, KeepsTheEvidenceOfEachRegionThatSawTheSame) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases[1] = record.shards[0].cases[1];
  record.shards[1].cases[1].failure->evidence.body_excerpt = "another answer";
  Summarise(record);
  const std::string html = RenderHtml(record);
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;broken&lt;/b&gt;"));
  EXPECT_THAT(html, HasSubstr("another answer"));
  EXPECT_THAT(html, HasSubstr("eu-west-1, us-east-1</p>")) << "and it is one finding";
}

TEST(Html, CanBeReadWithTheKeyboardAlone) {
  const std::string html = RenderHtml(BrokenInOneRegion());
  EXPECT_THAT(html, HasSubstr("<a class=\"skip\" href=\"#main\">"));
  // What scrolls takes the focus, and what opens is an element that browsers open with a key.
  const std::string scroll = "<div class=\"scroll\" ";
  int scrolling = 0;
  for (std::size_t at = html.find(scroll); at != std::string::npos; at = html.find(scroll, at + 1), ++scrolling) {
    EXPECT_EQ(html.find("tabindex=\"0\"", at), at + scroll.size());
  }
  EXPECT_EQ(scrolling, 2);
  EXPECT_THAT(html, Not(HasSubstr("onclick")));
}

TEST(Html, ReplacesBytesThatAreNoText) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[1].failure->evidence.body_excerpt =
      "a\x01\x1b[2J\xff"
      "b";
  EXPECT_THAT(RenderHtml(record), HasSubstr("<pre>a??[2J?b</pre>"));
}

TEST(Html, ShowsNoTextInAnotherOrderThanItHas) {
  RunRecord record = BrokenInOneRegion();
  Failure& failure = *record.shards[0].cases[1].failure;
  failure.message = failure.evidence.body_excerpt = "a\u202Egnp\u2066x\u200Fy\n\tnext";
  failure.evidence.headers = {{"server", failure.message}};
  failure.evidence.transcript[0].excerpt = failure.message;
  const std::string html = RenderHtml(record);
  for (const char* moved : {"\u202E", "\u2066", "\u200F"}) EXPECT_THAT(html, Not(HasSubstr(moved)));
  EXPECT_THAT(html, HasSubstr("<pre>a?gnp?x?y\n\tnext</pre>"));
}

TEST(Html, StaysBelowItsLimitAndCountsWhatItLeavesOut) {
  RunRecord record = BrokenInOneRegion();
  const CaseResult broken = record.shards[0].cases[1], passed = record.shards[0].cases[0];
  for (ShardRecordWithCases& entry : record.shards) entry.cases.clear();
  record.job.spec.cases.clear();
  for (int i = 0; i < 12'000; ++i) {
    CaseResult result = i % 20 == 0 ? broken : passed;
    result.scenario = "number " + std::to_string(i);
    result.case_id = CaseId("chat/" + result.scenario);
    if (result.failure) {
      result.failure->evidence.transcript.assign(64, {absl::Milliseconds(1), true, "text", 512, std::string(512, '"')});
      result.failure->evidence.headers.assign(64, {"x", std::string(4096, '"')});
      result.failure->notes.assign(16, {"note", std::string(4096, '"')});
    }
    record.job.spec.cases.push_back(result.case_id);
    for (ShardRecordWithCases& entry : record.shards) entry.cases.push_back(result);
  }
  Summarise(record);
  const std::string html = RenderHtml(record);
  EXPECT_LT(html.size(), kMaxHtmlBytes);
  EXPECT_EQ(Inspect(html), kClean);
  EXPECT_THAT(html, HasSubstr("more findings; the JSON report has them all"));
  EXPECT_THAT(html, HasSubstr("more cases; the JSON report has them all"));
  // What did not pass comes first.
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">chat › number 580</th>"));
}

}  // namespace
}  // namespace wsfleet::cli
