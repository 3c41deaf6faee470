#include "worker/pipeline/before_spending.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "worker/media/fonts.hpp"
#include "worker/pipeline/making.hpp"
#include "worker/pipeline/own_media.hpp"
#include "worker/story/plans.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

/// A provider names fields of its request; the job's author knows those of the job.
Error at_field(Error error, const std::string& field) {
  error.field = field;
  return std::move(error).while_doing(field);
}

/// Asks every provider that will be needed whether it could, once for each different question.
Result<> check_providers(Attempt& attempt, const StoryboardRequest& request) {
  const VideoRequest& video = request.video;
  std::set<std::string> languages;
  for (const SceneRequest& scene : request.scenes) {
    const bool spoken = is_spoken(scene, video, attempt.settings);
    if (!spoken || !languages.insert(scene.language).second) continue;
    if (auto can = attempt.providers.can("speech", speech_request(scene, video)); !can)
      return at_field(std::move(can.error()), scene.language_field);
  }
  const SceneRequest& first = request.scenes.front();
  const bool drawn = std::any_of(request.scenes.begin(), request.scenes.end(),
                                 [](const SceneRequest& scene) { return !scene.picture; });
  if (drawn) {
    auto can = attempt.providers.can("image", image_request(first, video, request.scenes.size()));
    if (!can) return at_field(std::move(can.error()), first.field);
  }
  if (auto can = attempt.providers.can("video", video_request(first, video, 3)); !can)
    return at_field(std::move(can.error()), first.field);
  if (video.music) {
    auto can = attempt.providers.can("music", music_request(video, 30));
    if (!can) return at_field(std::move(can.error()), "params.brief.music");
  }
  return ok;
}

std::vector<DrawnText> drawn_texts(const StoryboardRequest& request) {
  std::vector<DrawnText> texts;
  for (const SceneRequest& scene : request.scenes) {
    if (!scene.title.empty() && !scene.picture) texts.push_back({scene.title_field, scene.title});
    if (!scene.text.empty() && (request.video.captions || !scene.picture))
      texts.push_back({scene.text_field, scene.text});
  }
  return texts;
}

/// Emoji without an outline are left out and named; any other letter without a font is an error.
Result<std::string> check_letters(const std::vector<DrawnText>& texts) {
  const Fonts fonts = Fonts::load();
  std::u32string undrawable;
  for (const DrawnText& drawn : texts) {
    std::u32string others;
    for (const Fonts::Missing& missing : fonts.missing(drawn.text)) {
      if (!is_emoji(missing.character)) {
        others += missing.character;
      } else if (undrawable.find(missing.character) == std::u32string::npos) {
        undrawable += missing.character;
      }
    }
    if (others.empty()) continue;
    if (auto checked = fonts.check(drawn.field, to_utf8(others)); !checked) return std::move(checked.error());
  }
  return to_utf8(undrawable);
}

boost::asio::awaitable<Result<Yield>> check_drawing(Pool& pool, std::vector<DrawnText> texts) {
  auto check = [texts = std::move(texts)] { return check_letters(texts); };
  auto undrawable = co_await pool.run(std::move(check));
  if (!undrawable) co_return std::move(undrawable.error());
  Yield yield;
  yield.value["undrawable"] = *undrawable;
  co_return yield;
}

Result<> is_there(const std::optional<std::filesystem::path>& watermark) {
  std::error_code error;
  if (!watermark || std::filesystem::is_regular_file(*watermark, error)) return ok;
  return make_error(ErrorClass::unavailable, "WATERMARK_IMAGE: there is no file " + watermark->string() +
                                                 "; correct the setting, or set it to none for no watermark");
}

}  // namespace

Work font_check(Pool& pool, std::vector<DrawnText> texts) {
  Work work;
  work.kind = "local";
  work.request["drawn"] = Json::array();
  for (const DrawnText& drawn : texts) work.request["drawn"].push_back(drawn.text);
  work.carry_out = [&pool, texts = std::move(texts)](StepContext&) { return check_drawing(pool, texts); };
  return work;
}

RequestRules request_rules(const Attempt& attempt) {
  RequestRules rules;
  rules.most_scenes = static_cast<std::size_t>(attempt.settings.integer("MAX_SCENES"));
  auto& folders = rules.media.folders;
  folders.push_back(attempt.steps.job_folder());
  folders.push_back(attempt.settings.path("DATA_DIR") / "uploads");
  std::string more = attempt.settings.text("MEDIA_FOLDERS");
  for (std::size_t begin = 0; begin < more.size();) {
    const std::size_t end = std::min(more.find(':', begin), more.size());
    if (end > begin)
      folders.push_back(std::filesystem::absolute(more.substr(begin, end - begin)).lexically_normal());
    begin = end + 1;
  }
  return rules;
}

std::optional<std::filesystem::path> watermark_of(const Settings& settings) {
  if (is_paid_plan(settings.text("DEFAULT_PLAN")) || settings.text("WATERMARK_IMAGE") == "none")
    return std::nullopt;
  if (settings.text("WATERMARK_IMAGE").empty())
    return Installation::of_this_program().share() / "brand/watermark.png";
  return settings.path("WATERMARK_IMAGE");
}

boost::asio::awaitable<Result<>> check_watermark(Attempt& attempt) {
  auto check = [path = watermark_of(attempt.settings)] { return is_there(path); };
  co_return co_await attempt.pool.run(std::move(check));
}

boost::asio::awaitable<Result<Prepared>> check_before_spending(Attempt& attempt, StoryboardRequest& request) {
  if (auto able = check_providers(attempt, request); !able) co_return std::move(able.error());
  auto watermark = co_await check_watermark(attempt);
  if (!watermark) co_return std::move(watermark.error());

  Prepared prepared;
  auto letters = co_await attempt.steps.run("check", font_check(attempt.pool, drawn_texts(request)));
  if (!letters) co_return std::move(letters.error());
  prepared.undrawable = letters->value("undrawable", "");
  if (!prepared.undrawable.empty())
    request.video.warnings.push_back("no installed font can draw " + prepared.undrawable +
                                     "; left out of captions and pictures");

  const MediaRules rules = request_rules(attempt).media;
  for (SceneRequest& scene : request.scenes) {
    if (!scene.picture) continue;
    MediaSource source = *std::exchange(scene.picture, std::nullopt);  // its bytes may be many
    auto find = [source = std::move(source), rules] {
      return find_medium(source, MediumKind::picture, rules);
    };
    auto found = co_await attempt.pool.run(std::move(find));
    const std::string key = scene_key(scene.number, "keyframe");
    if (!found) {  // gone since it was taken into the job: then the job goes on with what it took
      const auto kept = co_await attempt.steps.remembered(key);
      if (!kept) co_return std::move(found.error());
      prepared.pictures[scene.number] = kept->value("file", "");
      continue;
    }
    auto taken = co_await attempt.steps.run(
        key, take_medium(attempt.scripts, attempt.pool, *std::move(found), clip_name(scene.number, "image")));
    if (!taken) co_return std::move(taken.error());
    prepared.pictures[scene.number] = taken->value("file", "");
  }
  co_return prepared;
}

}  // namespace reelspool
