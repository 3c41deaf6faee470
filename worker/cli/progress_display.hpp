#pragma once

#include <string>

#include "worker/cli/follow.hpp"

namespace reelspool {

/// Shows one job's progress on stdout: on a terminal a bar for the job and one for each scene, drawn over in
/// place; elsewhere a line whenever the stage changes or another ten per cent are done.
/// Threads  One at a time.
class ProgressDisplay {
 public:
  ProgressDisplay();
  void show(const Sighting& sighting);
  /// Leaves the cursor below the last picture.
  void finish();

 private:
  void draw(const Sighting& sighting);
  void print_changes(const Json& status);

  bool terminal_;
  int lines_drawn_ = 0;
  std::string last_stage_;
  int last_tenth_ = -1;
};

}  // namespace reelspool
