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
// "`filled` did not come: no matching frame within 2s of `order`"; of a message without a name, what it is known by.
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
// What came in place of a message that is missing, of the frames in the inbox that the step looks at:
// `came after: done +30ms (frame 3)`, the messages behind it, which came without it;
// `nearest: frame 7 … differs: $.type`, the frame that contradicts it in the fewest entries; frames after the clock
// began come first, then earlier numbers; left out if that one agrees in nothing and others tell more;
// `last: frame 9 …`, up to three, unless messages behind it came: these tell how far the target got.
void NoteWhatCame(const AwaitedMessage& message, const std::vector<MatchedMessage>& came_after, const Inbox& inbox,
                  const Anchor& anchor, Failure& failure);

}  // namespace wsfleet
