#include "coordinator/access/key_source.h"

#include <algorithm>
#include <utility>

#include "coordinator/clock.h"
#include "coordinator/http_fetch.h"
#include "coordinator/private_file.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kFetchLimit = absl::Seconds(10);

}  // namespace

KeySource::KeySource(std::string name, oidc::KeyLocation location, Pace pace)
    : name_(std::move(name)), location_(std::move(location)), pace_(pace) {
  if (!location_.file.empty()) Read();
  thread_ = std::thread([this] { Main(); });
}

KeySource::~KeySource() { Stop(); }

void KeySource::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void KeySource::Main() {
  if (!location_.url.empty()) Read();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const absl::Duration usual = location_.url.empty() ? pace_.file : location_.refresh;
    const absl::Duration pause = status_.ok() ? usual : std::min(usual, pace_.retry);
    wake_.wait_for(lock, absl::ToChronoMilliseconds(pause), [this] { return stopping_ || missing_; });
    if (stopping_) return;
    missing_ = false;
    reading_ = true;
    lock.unlock();
    Read();
    lock.lock();
  }
}

absl::StatusOr<std::string> KeySource::ReadText() const {
  if (!location_.file.empty()) return ReadSmallFile(location_.file);
  HttpFetch fetch;
  fetch.url = location_.url;
  // Only what is on loopback may be written with http://.
  fetch.schemes = location_.url.starts_with("https://") ? HttpFetch::Schemes::kHttps : HttpFetch::Schemes::kHttpToo;
  fetch.ca_file = location_.ca_file;
  fetch.max_bytes = oidc::KeySet::kMaxBytes;
  fetch.limit = kFetchLimit;
  return Fetch(fetch, stopping_);
}

void KeySource::Read() {
  const SteadyTime began = SteadyNow();
  {
    const std::lock_guard lock(mutex_);
    tried_ = began;
  }
  auto text = ReadText();
  absl::Status status = text.status();
  Keys keys;
  const bool is_new = text.ok() && *text != text_;
  if (is_new) {
    auto parsed = oidc::KeySet::Parse(*text);
    status = parsed.status();
    if (parsed.ok()) {
      keys = std::make_shared<const oidc::KeySet>(*std::move(parsed));
      text_ = *std::move(text);
    }
  }
  NoteOutcome(status, keys.get());
  const std::lock_guard lock(mutex_);
  reading_ = false;
  status_ = status;
  if (!status.ok()) return;
  read_ = began;
  if (keys != nullptr) keys_ = std::move(keys);
}

void KeySource::NoteOutcome(const absl::Status& status, const oidc::KeySet* keys) {
  const std::string& place = location_.url.empty() ? location_.file : location_.url;
  if (!status.ok()) {
    // Once for each reason, not for each try. Only the thread writes it.
    if (status != status_ && !stopping_) {
      spdlog::error("keys not read issuer={} from={} reason=\"{}\"", name_, place, ToStd(status.message()));
    }
  } else if (keys != nullptr || !status_.ok()) {
    spdlog::info("keys read issuer={} from={} changed={}", name_, place, keys != nullptr);
  }
  if (keys == nullptr) return;
  for (const std::string& reason : keys->passed_over()) {
    spdlog::debug("key passed over issuer={} reason=\"{}\"", name_, reason);
  }
}

absl::Status KeySource::Unreadable() const {
  return absl::UnavailableError(
      fmt::format("the coordinator cannot read the keys of issuer \"{}\" ({}); try again, or look at its log", name_,
                  ToStd(status_.message())));
}

absl::StatusOr<KeySource::Keys> KeySource::Get() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = SteadyNow();
  if (keys_ != nullptr && now - read_ <= location_.refresh + location_.keep) return keys_;
  // The thread may sleep for long: not every clock that it waits by goes on while the machine is paused.
  if (!reading_ && now - tried_ >= pace_.missing) missing_ = true;
  wake_.notify_one();
  return Unreadable();
}

absl::Status KeySource::LookForMore(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = SteadyNow();
    const bool is_recent = now - tried_ < pace_.missing;
    const bool is_idle = !reading_ && !missing_;
    if (!status_.ok()) {
      if (is_idle && !is_recent) missing_ = true;
      wake_.notify_one();
      return Unreadable();
    }
    if (is_idle && !is_recent) std::erase_if(asked_, [this](const auto& entry) { return entry.second <= read_; });
    const bool is_counted = asked_.size() < kMaxAsked || asked_.contains(key);
    if (is_counted && asked_.try_emplace(key, now).first->second > read_) {
      if (is_idle && !is_recent) missing_ = true;
    } else if (is_idle && is_recent) {
      return absl::OkStatus();
    } else if (!reading_) {
      missing_ = true;
    }
  }
  wake_.notify_one();
  return absl::UnavailableError(
      fmt::format("the keys of issuer \"{}\" are read again, for one that is not known; try again", name_));
}

}  // namespace wsfleet::coordinator
