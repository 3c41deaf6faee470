#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "worker/pipeline/pipeline.hpp"
#include "worker/pipeline/scene_board.hpp"

namespace reelspool {

/// Carries `making` out, and shows meanwhile how far it is: in the job's progress, counted in the steps that it is planned to
/// have, and on the board of its scenes, which is closed at the end.
boost::asio::awaitable<Result<Json>> shown(Attempt& attempt, SceneBoard& board, int scenes,
                                           std::vector<std::string> planned,
                                           boost::asio::awaitable<Result<Json>> making);

/// The place of an attempt's board.
SceneBoard::Place board_place(const Attempt& attempt);

}  // namespace reelspool
