#pragma once

#include <optional>
#include <string>

#include "plugins/sdk/catalogue.hpp"

/// OpenAI, and every server that speaks its API: pictures, speech, videos, and answers in JSON by a schema.
/// Source: openai-openapi 2.3.0, the SDK openai 7.57.0, read 2026-11-22; see README.md.
namespace reelspool::openai {

/// "https://api.openai.com/v1", or OPENAI_BASE_URL.
std::string url(const sdk::Input& input, const std::string& path);
sdk::Json headers(const sdk::Input& input);

/// The catalogue, with the operator's changes.
sdk::Catalogue catalogue(const sdk::Input& input);

/// The model that the notes name by its place in the chain ({"model": 1}); a model that the catalogue does not have is taken
/// as "*", since a gateway may have any. Retired ones are passed over, but not where OPENAI_BASE_URL is set.
std::optional<sdk::Choice> chosen(const sdk::Input& input, const sdk::Json& notes, std::string& why);

/// The notes for the next model of the chain; nothing after the last one.
std::optional<sdk::Json> next_model(const sdk::Input& input, const sdk::Json& notes);

/// The action for a request that no model of the chain can take.
sdk::Action nobody(const std::string& why);

/// Whether the answer says that there is no such model (for this key).
bool is_model_gone(const sdk::HttpAnswer& answer);

/// What the error means, by type, code and status.
sdk::Failure class_of(const sdk::HttpAnswer& answer);
sdk::Action failure(const sdk::HttpAnswer& answer);

/// US dollars, by the tokens that the answer says were used.
double token_cost(const sdk::HttpAnswer& answer, const sdk::Json& model);

/// Of sizes ("1024x1536") the one whose shape is nearest to width x height, else a size of `multiple` pixels that covers it.
std::string size_for(const sdk::Input& input, const sdk::Json& model);

sdk::SubmitPollFetch& images();
sdk::SubmitPollFetch& speech();
sdk::SubmitPollFetch& texts();
sdk::SubmitPollFetch& videos();
sdk::SubmitPollFetch& models();

}  // namespace reelspool::openai
