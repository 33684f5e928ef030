#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "coordinator/store/sql/sql_store.h"

namespace wsfleet::store {

// A channel to oneself, ready or not.
class SqlStore::Use {
 public:
  Use(SqlStore& store, Channel& channel) : Use(store, Locked{&channel, std::unique_lock(channel.mutex)}) {}
  // One of several: whichever is free.
  Use(SqlStore& store, const std::vector<Channel*>& channels) : Use(store, LockOne(channels)) {}
  const absl::Status& status() const { return status_; }
  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_; }

 private:
  struct Locked {
    Channel* channel;
    std::unique_lock<std::mutex> lock;
  };
  Use(SqlStore& store, Locked locked)
      : lock_(std::move(locked.lock)),
        status_(store.MakeReady(*locked.channel)),
        connection_(locked.channel->connection.get()) {}

  static Locked LockOne(const std::vector<Channel*>& channels) {
    for (Channel* channel : channels) {
      std::unique_lock lock(channel->mutex, std::try_to_lock);
      if (lock.owns_lock()) return {channel, std::move(lock)};
    }
    return {channels.front(), std::unique_lock(channels.front()->mutex)};
  }

  std::unique_lock<std::mutex> lock_;
  absl::Status status_;
  Connection* connection_;
};

}  // namespace wsfleet::store
