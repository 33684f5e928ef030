#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/scenario/parser.h"
#include "tests/faults/checker/checker.h"
#include "tests/faults/checker/testimony.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {

// Regions that a model's runs go to: so many of these, from the first on.
inline const std::vector<std::string> kLoadRegions = {"eu-west-1", "us-east-1"};

// The suite of a model: sessions of a fifth of a second, as many at once as the model says, against this ws URL.
Bundle LoadSuite(const std::string& target, const Model& model);

// Clients that submit runs of the model's suite and follow each to its end, one after the other, as pipelines would: a
// submit without an answer is repeated under the same key. Each writes down what it sees.
class Load {
 public:
  // Begins at once. `fleet` outlives it.
  Load(const RealFleet& fleet, const std::string& target, const Model& model, std::size_t clients);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  std::size_t finished_runs() const { return finished_; }

  // Begins no further run; returns when those that were begun have ended.
  std::vector<Testimony> Finish();

 private:
  void Run(std::size_t client);

  const RealFleet& fleet_;
  const Bundle suite_;
  const std::vector<std::string> from_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> finished_ = 0;
  std::mutex mutex_;
  std::vector<Testimony> testimonies_;
  std::vector<std::thread> threads_;
};

}  // namespace wsfleet::testing
