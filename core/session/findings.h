#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/session/awaited_message.h"
#include "core/session/expectation.h"

// What expectations found, put into failures: the sentence, the class, and the notes under it.
namespace wsfleet {

// Class, sentence, and the place and name of the message.
Failure MessageFailure(FailureClass failure_class, std::string text, const AwaitedMessage& message);
// "no matching frame within 2s of `order`".
Failure MissingFailure(const AwaitedMessage& message, std::string_view since);
// "capture id: …", with the frame it is about.
Failure ComplaintFailure(const Complaint& complaint, const AwaitedMessage& message, const ReceivedFrame& frame,
                         const Anchor& anchor);
// "the connection closed with 1011 "…" while waiting for `filled`"; code and reason are evidence.
Failure CloseFailure(const ConnectionEnd& end, std::string_view during);
// A template gave no valid value: ours, not the target's.
Failure ConfigFailure(const absl::Status& status);

// "the connection closed with 1011 "…"".
std::string DescribeEnd(const ConnectionEnd& end);
// "frame 7 +913ms {"type":"order.rejected"}".
std::string DescribeFrame(const ReceivedFrame& frame, const Anchor& anchor);

// Adds `matched: accepted +41ms (frame 4)`, unless there is none.
void NoteMatched(const std::vector<MatchedMessage>& matched, Failure& failure);
// Adds `nearest: frame 7 … differs: $.type` for the frame that contradicts the message in the fewest entries, of those
// in the inbox that the step looks at; frames after the clock began come first, then earlier numbers.
void NoteNearest(const AwaitedMessage& message, const Inbox& inbox, const Anchor& anchor, Failure& failure);

}  // namespace wsfleet
