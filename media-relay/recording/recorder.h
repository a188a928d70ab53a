#pragma once
// The thread that writes recordings. Workers leave copies of packets in rings (ring.h), and never wait for it; it looks
// into them every few milliseconds while anything is recorded. A disk that is slow costs packets of recordings, which
// are counted, and nothing else. A file that cannot be written ends its recording, which is told.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "media-relay/recording/recording.h"
#include "media-relay/recording/ring.h"

namespace recording {

// One writer (the thread); read by metrics.
struct Counters {
  base::Gauge open;
  base::Counter finished;  // recordings whose files are whole
  base::Counter failed;    // that could not be begun, or were ended by an error
  base::Counter packets;   // written
  base::Counter bytes;     // of these
  base::Counter lost;      // packets that found no room in a ring
  base::Counter mended;    // files that were left by a crash and are readable now
};

// A recording is over.
struct Ended {
  std::uint64_t id = 0;
  std::string failure;  // empty: its files are whole
  std::vector<std::string> files;
  std::uint64_t packets = 0;
  bool incomplete = false;  // packets were lost on the way to the writer while it ran
};

class Recorder {
 public:
  Recorder(std::string directory, unsigned workers);
  ~Recorder();  // stops
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Makes what a crash has left readable, then starts the thread. Error: the directory cannot be used, and why.
  std::expected<void, std::string> start();
  // Finishes all files and joins the thread. The workers must have stopped.
  void stop();

  // What the worker's flows are given.
  flow::PacketTap& tap(unsigned worker);

  // From one thread, not the writer's. Begins a recording, or changes the formats of one that runs.
  void record(Order order);
  // What was copied before this call is still written. Ends with an Ended.
  void end(std::uint64_t id);

  // Readable while there is something to drain.
  int descriptor() const { return descriptor_; }
  std::vector<Ended> drain();
  const Counters& counters() const { return counters_; }

 private:
  class Tap;
  struct Running {
    std::unique_ptr<Recording> recording;
    bool incomplete = false;
  };
  struct Wishes {
    std::vector<Order> orders;
    std::vector<std::uint64_t> ends;
  };

  void run();
  Wishes wait();
  void begin(const Order& order, base::Instant now);
  void take_packets(base::Instant now);
  void attend(base::Instant now);
  void finish(std::uint64_t id, std::string failure, base::Instant now);
  void tell(Ended ended);

  const std::string directory_;
  Counters counters_;
  std::vector<std::unique_ptr<Tap>> taps_;
  std::unordered_map<std::uint64_t, Running> running_;
  std::uint64_t lost_ = 0;
  int descriptor_ = -1;
  int lock_ = -1;  // on the directory: of a relay that lives, nothing is mended

  std::mutex mutex_;
  std::condition_variable wake_;
  Wishes wishes_;
  std::vector<Ended> ended_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace recording
