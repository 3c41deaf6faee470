# shellcheck shell=sh disable=SC2017,SC2034,SC2086,SC2154
# SC2034, SC2154: the variables are those of the script and of lib.sh. SC2017: x / 8 * 2 is
# even. SC2086: $foreign is several words.
# sources.sh - what `piece` is made of: a still, a clip or a colour, brought to frames of one size, rate and colour space. Sourced.
#
#     begin_source still FILE          each option of a source belongs to the one that began last
#     source_option of N
#     load_source 1                    the variables of that source: $kind $file $of $skip ...
#     check_source                     exit 2 unless they are right
#     make_source 1                    $input: the words of ffmpeg's input;  $chain: filters from [0:v:0] (or [1:v:0]) to frames
#                                      $skip to $skip + $frames of the item. The working folder has to be $work

sources=0

# Every picture is brought to limited-range BT.709, and says so: an untagged red card is otherwise shown as (255,25,0).
bt709='setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv'
to_709='flags=lanczos+accurate_rnd:out_color_matrix=bt709:out_range=tv'

begin_source() {
  sources=$((sources + 1))
  [ $sources -le 2 ] || bad "there are at most two sources"
  case $1 in
    color) file='' color=$2 ;;
    *) readable_file "--$1" "$2" && color='' ;;
  esac
  eval "kind_$sources=\$1 file_$sources=\$file color_$sources=\$color of_$sources='' skip_$sources=0 from_$sources='' to_$sources=''"
  eval "trim_$sources=0 speed_$sources=1 length_$sources=hold fit_$sources=cover background_$sources='#000000' crop_$sources=''"
}

source_option() {
  [ $sources -gt 0 ] || bad "--$1 goes with the --still, --clip or --color before it"
  eval "$1_$sources=\$2"
}

load_source() {
  for name in kind file color of skip from to trim speed length fit background crop; do eval "$name=\$${name}_$1"; done
  : "${of:=$frames}"
}

# window NAME X,Y,ZOOM: exit 2 unless it is three numbers in their ranges.
window() {
  case $2 in
    *,*,*,*) bad "$1 must be X,Y,ZOOM, not '$2'" ;;
    *,*,*) ;;
    *) bad "$1 must be X,Y,ZOOM, not '$2'" ;;
  esac
  window_rest=${2#*,}
  number "$1 X" "${2%%,*}" 0 1
  number "$1 Y" "${window_rest%%,*}" 0 1
  number "$1 ZOOM" "${window_rest#*,}" 1 10
}

# colour NAME #RRGGBB: exit 2 unless it is one; leaves 0xRRGGBB in $hex.
colour() {
  case $2 in
    \#[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]) hex=0x${2#?} ;;
    *) bad "$1 must be a colour as #rrggbb, not '$2'" ;;
  esac
}

check_source() {
  whole --of "$of" 1 1000000
  whole --skip "$skip" 0 1000000
  [ $((skip + frames)) -le "$of" ] || bad "--skip $skip and --frames $frames reach over the $of frames of --of"
  one_of --fit "$fit" cover contain blur
  colour --background "$background"
  if [ -n "$crop" ]; then check_crop; fi
  if [ -n "$from$to" ]; then
    [ "$kind" = still ] || bad "--from and --to go with --still"
    if [ -n "$from" ]; then window --from "$from"; fi
    if [ -n "$to" ]; then window --to "$to"; fi
    : "${from:=$to}" "${to:=$from}"
  fi
  case $kind in
    color) colour --color "$color" ;;
    clip)
      number --trim "$trim" 0 1000000
      number --speed "$speed" 0.25 4
      one_of --length "$length" hold loop stretch
      [ "$length" = hold ] || [ "$(calc "$trim == 0 && $speed == 1")" = 1 ] ||
        bad "--length $length goes with a clip without --trim and --speed"
      ;;
    *) [ "$trim $speed $length" = '0 1 hold' ] || bad "--trim, --speed and --length go with --clip" ;;
  esac
}

check_crop() {
  case $crop in
    *,*,*,*,*) bad "--crop must be X,Y,WIDTH,HEIGHT, not '$crop'" ;;
    *,*,*,*) ;;
    *) bad "--crop must be X,Y,WIDTH,HEIGHT, not '$crop'" ;;
  esac
  crop_rest=${crop#*,} crop_x=${crop%%,*}
  crop_y=${crop_rest%%,*} crop_rest=${crop_rest#*,}
  crop_width=${crop_rest%%,*} crop_height=${crop_rest#*,}
  for part in "X $crop_x 0" "Y $crop_y 0" "WIDTH $crop_width 0.01" "HEIGHT $crop_height 0.01"; do
    # shellcheck disable=SC2086  # three words
    set -- $part
    number "--crop $1" "$2" "$3" 1
  done
  [ "$(calc "$crop_x + $crop_width <= 1.000001 && $crop_y + $crop_height <= 1.000001")" = 1 ] ||
    bad "--crop $crop reaches over the picture's edge"
}

# crop_filter: the part of the picture that is used, with a comma behind it.
crop_filter() { [ -z "$crop" ] || printf "crop='iw*%s':'ih*%s':'iw*%s':'ih*%s'," "$crop_width" "$crop_height" "$crop_x" "$crop_y"; }

# What a picture covers of a frame $1 wide and $2 high, or what of the frame holds it; `dar` is its own shape, iw/ih with the pixels'.
covering() { printf "scale=w='max(%s,ceil(%s*dar/2)*2)':h='max(%s,ceil(%s/dar/2)*2)'" "$1" "$2" "$2" "$1"; }
holding() { printf "scale=w='max(2,min(%s,floor(%s*dar/2)*2))':h='max(2,min(%s,floor(%s/dar/2)*2))'" "$1" "$2" "$2" "$1"; }
# fit_filters WIDTH HEIGHT SCALING: fills the frame as --fit says; SCALING are further options of scale, with a colon before them.
# $plane is what is laid over what in: gbrp, whose colours are exact, or yuv420, of clips. A card is always coloured as RGB: the
# filters that draw in YUV do so by BT.601.
fit_filters() {
  case $plane in
    gbrp) card=format=gbrp ;;
    *) card="format=gbrp,scale=$to_709,format=yuv420p" ;;
  esac
  lay_over="overlay=x='2*floor((W-w)/4)':y='2*floor((H-h)/4)':format=$plane:shortest=1" # on a sample of the colours
  case $fit in
    cover) printf '%s%s,crop=%s:%s,setsar=1' "$(covering "$1" "$2")" "$3" "$1" "$2" ;;
    contain)
      colour --background "$background"
      printf '%s%s,setsar=1[held%s];color=c=%s:s=%sx%s:r=%s,%s[card%s];[card%s][held%s]%s' "$(holding "$1" "$2")" "$3" "$at" \
        "$hex" "$1" "$2" "$fps" "$card" "$at" "$at" "$at" "$lay_over"
      ;;
    blur)
      # Blurred at a quarter of the size: that is not seen, and costs a sixteenth.
      small="$(($1 / 8 * 2)):$(($2 / 8 * 2))"
      printf 'split[sharp%s][wide%s];[sharp%s]%s%s,setsar=1[held%s];' "$at" "$at" "$at" "$(holding "$1" "$2")" "$3" "$at"
      printf '[wide%s]%s%s,crop=%s,gblur=sigma=10,scale=%s:%s:flags=bicubic,setsar=1[card%s];[card%s][held%s]%s' "$at" \
        "$(covering $(($1 / 8 * 2)) $(($2 / 8 * 2)))" "$3" "$small" "$1" "$2" "$at" "$at" "$at" "$lay_over"
      ;;
  esac
}

# over_background: what is transparent lies over --background, with a comma behind it.
over_background() {
  colour --background "$background"
  printf 'format=rgba,split[clear%s][ground%s];[ground%s]lutrgb=r=%d:g=%d:b=%d:a=255[filled%s];[filled%s][clear%s]overlay=format=gbrp,' \
    "$at" "$at" "$at" $((hex >> 16 & 255)) $((hex >> 8 & 255)) $((hex & 255)) "$at" "$at" "$at"
}

# prepare_still: the still as one raw frame, still$at.nut, with everything settled that depends on its format: kind by content (a
# pipe, which also keeps `%d` in its name from meaning a sequence), EXIF orientation, pixel shape, CMYK, 16 bit, transparency. It
# fills the frame with room for the zoom; one that covers it is never made larger than it is.
prepare_still() {
  plane=gbrp
  room=$(printf '%s,%s' "${from:-0,0,1}" "${to:-0,0,1}" | awk -F, '{ z = $3 > $6 ? $3 : $6; print (z > 1.5 ? 1.5 : z) }')
  if [ "$fit" = cover ]; then
    # `room` times the frame if the picture has as many pixels.
    cover="max($width\\,$height*dar)*max(1\\,min($room\\,iw/max($width\\,$height*dar)))"
    fitted="scale=w='ceil($cover/2)*2':h='ceil($cover/dar/2)*2':flags=lanczos+accurate_rnd,$(over_background)"
  else
    fitted="$(over_background)$(fit_filters "$(calc "int($width * $room / 2) * 2")" "$(calc "int($height * $room / 2) * 2")" \
      ':flags=lanczos+accurate_rnd'),"
  fi
  run_ffmpeg $foreign -i pipe:0 -frames:v 1 \
    -filter_complex "[0:v:0]$(crop_filter)${fitted}setsar=1,scale=$to_709,format=yuv420p,$bt709" \
    -c:v rawvideo -f nut "file:$work/still$at.nut" <"$file"
  size=$(ask_ffprobe -select_streams v:0 -show_entries stream=width,height -of csv=p=0:s=x "file:$work/still$at.nut") || exit
  still_width=${size%%x*} still_height=${size##*x}
}

# move_filters: the filters that take the window from --from to --to (Ken Burns).
#
# `perspective` resamples at 1/256 pixel; zoompan places its window on whole input pixels. Jitter of a bright dot against
# its true path, 90 frames at 1080x1920, zoom 1 to 1.2 off-centre, and time without encoding (ffmpeg 5.1, 2 cores):
#   zoompan, 4x canvas yuv420p  0.173 px RMS  1.8 s     zoompan, 3x canvas yuv444p  0.123 px  2.2 s
#   zoompan, 4x canvas yuv444p  0.091 px      3.0 s     perspective, 1x canvas      0.007 px  2.2 s
# Only the part of the picture that the window ever sees is kept, so that a wide picture costs little more than a narrow one.
# The window's edges are concave (or convex) between the ends, so what both ends see is all that is ever seen.
move_filters() {
  printf '%s,%s\n' "$from" "$to" | awk -F, -v fw="$width" -v fh="$height" -v iw="$still_width" -v ih="$still_height" \
    -v last=$((of - 1)) -v skip="$skip" -v frames="$frames" '
    function clamp(x, low, high) { return x < low ? low : x > high ? high : x }
    function low(a, b) { return a < b ? a : b }
    function high(a, b) { return a > b ? a : b }
    # The corner at `sign` (-1, 1) of the window along one axis, as an expression of the frame number, in kept pixels.
    function edge(sign, ca, cb, half, start) {
      return sprintf("(%.6f+(%.6f)*%s)+(%d)*%.6f/(%.6f+(%.6f)*%s)", ca - start, cb - ca, t, sign, half, za, zb - za, t)
    }
    {
      za = $3; zb = $6
      # At zoom 1 the window is as large as fits; half its size, in pixels of the picture.
      k = low(iw / fw, ih / fh); hw = fw * k / 2; hh = fh * k / 2
      xa = clamp($1 * iw, hw / za, iw - hw / za); xb = clamp($4 * iw, hw / zb, iw - hw / zb)
      ya = clamp($2 * ih, hh / za, ih - hh / za); yb = clamp($5 * ih, hh / zb, ih - hh / zb)
      left = 2 * int(low(xa - hw / za, xb - hw / zb) / 2); top = 2 * int(low(ya - hh / za, yb - hh / zb) / 2)
      wide = low(iw - left, 2 * int((high(xa + hw / za, xb + hw / zb) - left + 1.999) / 2))
      tall = low(ih - top, 2 * int((high(ya + hh / za, yb + hh / zb) - top + 1.999) / 2))
      t = last > 0 ? sprintf("((on-1+%d)/%d)", skip, last) : "0"
      x0 = edge(-1, xa, xb, hw, left); x1 = edge(1, xa, xb, hw, left)
      y0 = edge(-1, ya, yb, hh, top); y1 = edge(1, ya, yb, hh, top)
      printf "crop=%d:%d:%d:%d,loop=loop=-1:size=1,trim=end_frame=%d,", wide, tall, left, top, frames
      printf "perspective=sense=source:interpolation=cubic:eval=frame:x0=%s:y0=%s:x1=%s:y1=%s:x2=%s:y2=%s:x3=%s:y3=%s,", \
        x0, y0, x1, y0, x0, y1, x1, y1
      if (wide != fw || tall != fh) printf "scale=%d:%d:flags=lanczos,", fw, fh
    }'
}

# A picture is one frame a second to ffmpeg: its copies are numbered anew.
make_still() {
  prepare_still
  input="-i file:still$at.nut"
  if [ -n "$from" ]; then
    chain=$(move_filters) || exit
  else
    chain="crop=$width:$height,loop=loop=-1:size=1,trim=end_frame=$frames,"
  fi
  chain="${chain}setpts=N/$fps/TB,fps=$fps"
}

make_color() {
  colour --color "$color"
  input="-f lavfi -i color=c=$hex:s=${width}x$height:r=$fps"
  chain="format=gbrp,scale=$to_709,trim=end_frame=$frames,setpts=N/$fps/TB"
}

# clip_facts: sets $colours, how the clip's colours are to be read (untagged video of HD size is BT.709 by convention, while ffmpeg
# takes everything untagged for BT.601), $seconds, how long its picture is as far as it says so, and $pix_fmt.
clip_facts() {
  facts=$(ask_ffprobe -select_streams v:0 -show_entries stream=color_space,height,pix_fmt,duration:stream_tags=DURATION:format=duration -of default=nw=1 "file:$link") || exit
  pix_fmt=$(printf '%s\n' "$facts" | sed -n 's/^pix_fmt=//p' | head -n 1)
  [ -n "$pix_fmt" ] || die "$file has no picture"
  # The stream's own length, which Matroska has in a tag, before the container's, in which the sound may be longer.
  seconds=$(printf '%s\n' "$facts" | awk -F= '
    $1 == "TAG:DURATION" && split($2, part, ":") == 3 { tag = part[1] * 3600 + part[2] * 60 + part[3] }
    $1 == "duration" && $2 ~ /^[0-9.]+$/ { if (!n++) first = $2 }
    END { print (n > 1 ? first : tag != "" ? tag : first) }')
  colours=$(printf '%s\n' "$facts" | awk -F= '
    { value[$1] = $2 }
    END { if (value["height"] >= 720 && (value["color_space"] == "unknown" || value["color_space"] == "")) printf ":in_color_matrix=bt709" }')
}

# A clip in the frames' rate first, so that nothing is done to frames that are not shown. Where its picture begins late, the
# first frame stands from the beginning: its sound begins there too.
make_clip() {
  plane=yuv420
  link=clip$at
  ln -s "$file" "$link" # a name that needs no quoting
  check_whole "$link" v:0
  clip_facts
  input="$foreign -i file:$link" times=''
  [ "$length" != loop ] || input="-stream_loop -1 $input"
  if [ "$(calc "$trim > 0")" = 1 ]; then
    [ -z "$seconds" ] || [ "$(calc "$trim < $seconds")" = 1 ] || bad "--trim is $trim, but $file is over after $seconds s"
    input="-ss $trim $input"
  fi
  [ "$(calc "$speed == 1")" = 1 ] || times="setpts=PTS/$speed,"
  if [ "$length" = stretch ]; then
    [ -n "$seconds" ] || die "$file does not say how long it is; use --length hold or loop"
    times="setpts=PTS*$(calc "$of / $fps / $seconds"),"
  fi
  chain="${times}fps=$fps:start_time=0,tpad=stop_mode=clone:stop=$of,trim=start_frame=$skip:end_frame=$((skip + frames)),setpts=N/$fps/TB,$(crop_filter)"
  case $pix_fmt in
    yuva* | gbrap* | rgba* | bgra* | argb* | abgr* | ya8 | ya16* | pal8) chain="$chain$(over_background)" colours='' ;;
  esac
  chain="$chain$(fit_filters "$width" "$height" ":$to_709$colours")"
}

# make_source N: sets $input and $chain, see above.
make_source() {
  at=$1
  load_source "$at"
  "make_$kind"
  chain="$chain,setsar=1,format=yuv420p,$bt709"
}
