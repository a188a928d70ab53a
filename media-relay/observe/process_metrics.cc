// What Prometheus' client libraries tell about a process, from /proc (proc(5)).

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "media-relay/base/clock.h"
#include "media-relay/observe/metrics.h"

namespace observe {
namespace {

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  DIR* const dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  double count = 0;
  while (const dirent* const entry = ::readdir(dir))
    if (entry->d_name[0] != '.') ++count;
  ::closedir(dir);
  return count - 1;  // without the one that was counting
}

double most_descriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

void Metrics::add_process_metrics() {
  counter("process_cpu_seconds_total", "CPU time used by the process, user and system.", {},
          [] { return base::to_seconds(base::process_cpu_time()); });
  gauge("process_resident_memory_bytes", "Resident memory.", {}, resident_bytes);
  gauge("process_open_fds", "Open file descriptors.", {}, open_descriptors);
  gauge("process_max_fds", "Limit of open file descriptors.", {}, most_descriptors);
  const double started = static_cast<double>(base::wall_now().seconds);
  gauge("process_start_time_seconds", "Start of the process, seconds since the Unix epoch.", {},
        [started] { return started; });
}

}  // namespace observe
