#include "worker/steps/pool.hpp"

#include <new>
#include <string>

namespace reelspool {

Error internal_error(std::string_view activity, const std::exception_ptr& thrown) {
  std::string reason = "an unknown exception";
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    reason = "out of memory";
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the reason already says so
  }
  Error error =
      make_error(ErrorClass::transient, "internal error in " + std::string(activity) + ": " + reason);
  error.code = "internal_error";
  return error;
}

}  // namespace reelspool
