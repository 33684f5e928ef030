#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/har/import_suite.h"
#include "core/har/recording.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// What is written must be a suite; if it is not, the fault is ours.
absl::Status CheckSuite(const std::string& text) {
  const ParseResult result = ParseBundle({{{"imported.wsfleet.yaml", text}}, {"imported.wsfleet.yaml"}});
  if (result.ok()) return absl::OkStatus();
  return absl::InternalError(fmt::format("the recording gave a suite that is not valid; this is a bug of wsfleet:\n{}",
                                         RenderDiagnostic(result.diagnostics.front(), {})));
}

}  // namespace

int ImportHarCommand(Invocation& invocation, const std::string& path, const std::string& output) {
  std::error_code error;
  if (!output.empty() && std::filesystem::exists(output, error)) {
    return Fail(absl::AlreadyExistsError(fmt::format("{} exists already; name another file", output)));
  }
  const auto har = ReadWholeFile(path, kMaxHarBytes);
  if (!har.ok()) return Fail(har.status());
  const auto suite = ImportHar(path, *har);
  if (!suite.ok()) return Fail(suite.status());
  if (const absl::Status status = CheckSuite(suite->text); !status.ok()) return Fail(status);
  for (const std::string& note : suite->notes) fmt::print(stderr, "{}: {}\n", Printable(path), note);
  if (output.empty()) {
    fmt::print("{}", suite->text);
    return kPassedCode;
  }
  if (const absl::Status status = WriteWholeFile(output, suite->text); !status.ok()) return Fail(status);
  if (!invocation.quiet) fmt::print(stderr, "wrote {}; look it through, then: wsfleet run {}\n", output, output);
  return kPassedCode;
}

}  // namespace wsfleet::cli
