#pragma once

#include <vector>

#include "plugins/local/card/drawing.hpp"
#include "plugins/local/card/palette.hpp"
#include "plugins/local/chance.hpp"

namespace reelspool::local {

/// A light in the background: the script `card` paints them (option --background).
struct Light {
  double x = 0.5, y = 0.5;  ///< fractions of the width and the height
  double radius = 0.5;      ///< fraction of the shorter side
  double strength = 1;
  Rgb color;
};

/// Where a motif stands and what it may use.
struct Stage {
  Layers& layers;
  std::vector<Light>& lights;
  const Palette& palette;
  Chance& chance;
  double width = 0, height = 0;
  double side = 0;    ///< the shorter of both
  Point centre;       ///< where the motif has its weight
  double radius = 0;  ///< how far it reaches from there
  double flip = 1;    ///< -1: mirrored
  double foot = 0;    ///< below it stand words, or captions: only what is quiet goes there

  void light(Point at, double radius_px, double strength, Rgb color) const;
};

/// What a card shows beside its words. One function each, so that the list is the family.
struct Motif {
  const char* name;
  void (*draw)(const Stage&);
  bool words_on_top;  ///< its weight is low, so the words stand above it
};

/// Neighbours in the list differ most: a video walks through it.
const std::vector<Motif>& motifs();

}  // namespace reelspool::local
