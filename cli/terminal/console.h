#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/config/environment.h"

namespace wsfleet::cli {

// What may be done on the terminals of this program: data goes to stdout, everything else to stderr.
struct Console {
  bool colour_out = false;
  bool colour_err = false;
  bool live = false;  // stderr may be redrawn
  bool keys = false;  // stdin is a terminal whose keys can be read
};

// Asks the descriptors and the environment (NO_COLOR of no-color.org, TERM=dumb).
Console MakeConsole(bool no_colour, const Environment& environment);

// Paints the lines that begin with a verdict's mark; the text stays the same. Nothing if `colour` is false.
std::string Paint(std::string_view text, bool colour);

// "wsfleet: …" on stderr.
void PrintError(std::string_view message);

// Writes to stdout at once. UNAVAILABLE: it took less, with the reason; the program's exit code says so, too, so that
// only who has something to undo needs to look.
absl::Status PrintData(std::string_view text);
// The errno of the first time that it did; else 0. Both on the main thread.
int LostOutput();

// ": No space left on device", of an errno; empty for 0.
std::string ReasonText(int error);

}  // namespace wsfleet::cli
