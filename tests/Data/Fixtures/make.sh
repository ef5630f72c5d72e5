#!/bin/bash
# Writes the PNG and JPEG fixtures and, as NAME.raw, their pixels as 8-bit RGBA.
# Files: netpbm's pnmtopng and ImageMagick. Pixels: ImageMagick; for 16 bits netpbm, since it rounds to 8 where ImageMagick cuts off.
# Needs the Debian packages imagemagick and netpbm, and for the other formats what Formats/make.py says.
set -e
cd "$(dirname "$0")"
rm -f *.png *.jpg *.raw
convert=/usr/bin/convert-im6.q16
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A 13 x 9 picture: a color gradient with some noise, and a mask of three alpha values.
$convert -size 13x9 gradient:'#f02060-#10c0ff' -seed 7 -attenuate 0.4 +noise Uniform -depth 16 "$work/rgb.ppm"
$convert "$work/rgb.ppm" -colorspace Gray -depth 16 "$work/gray.pgm"
$convert -size 13x9 radial-gradient:white-black -depth 16 "$work/alpha.pgm"

for interlace in "" -interlace; do
    i=${interlace:+-i}
    pnmtopng -quiet -force $interlace "$work/rgb.ppm" > rgb16$i.png
    pamdepth 255 "$work/rgb.ppm" > "$work/rgb8.ppm"
    pnmtopng -quiet -force $interlace "$work/rgb8.ppm" > rgb8$i.png
    pnmtopng -quiet -force $interlace -alpha="$work/alpha.pgm" "$work/rgb.ppm" > rgba16$i.png
    pamdepth 255 "$work/alpha.pgm" > "$work/alpha8.pgm"
    pnmtopng -quiet -force $interlace -alpha="$work/alpha8.pgm" "$work/rgb8.ppm" > rgba8$i.png
    pnmtopng -quiet -force $interlace -alpha="$work/alpha.pgm" "$work/gray.pgm" > grayalpha16$i.png
    pamdepth 255 "$work/gray.pgm" > "$work/gray8.pgm"
    pnmtopng -quiet -force $interlace -alpha="$work/alpha8.pgm" "$work/gray8.pgm" > grayalpha8$i.png
    for depth in 1 2 4 8 16; do
        pamdepth $(((1 << depth) - 1)) "$work/gray.pgm" > "$work/g.pgm"
        pnmtopng -quiet -force $interlace "$work/g.pgm" > gray$depth$i.png
        key=$(pamcut -left 0 -top 0 -width 1 -height 1 "$work/g.pgm" | pamtopnm -plain | tail -1)
        key=$((key * 65535 / ((1 << depth) - 1)))
        key=$(printf 'rgb:%04x/%04x/%04x' $key $key $key)
        pnmtopng -quiet -force $interlace -transparent="=$key" "$work/g.pgm" > gray$depth-trns$i.png
    done
    for depth in 1 2 4 8; do
        colors=$((depth == 8 ? 60 : 1 << depth))
        pnmquant -quiet $colors "$work/rgb8.ppm" > "$work/p.ppm" 2>> "$work/log"
        pnmtopng -quiet $interlace "$work/p.ppm" > palette$depth$i.png
        first=$(pamcut -left 0 -top 0 -width 1 -height 1 "$work/p.ppm" | pamtopnm -plain | tail -1 | xargs printf '#%02x%02x%02x')
        pnmtopng -quiet $interlace -transparent="=$first" "$work/p.ppm" > palette$depth-trns$i.png
    done
done
# The transparent color of 16-bit RGB has to match in all 16 bits.
first=$(pamcut -left 0 -top 0 -width 1 -height 1 "$work/rgb.ppm" | pamtopnm -plain | tail -1 | xargs printf 'rgb:%04x/%04x/%04x')
pnmtopng -quiet -force -transparent="=$first" "$work/rgb.ppm" > rgb16-trns.png
for f in 0 1 2 3 4; do
    $convert "$work/rgb.ppm" -depth 8 -define png:exclude-chunks=all -define png:compression-filter=$f -define png:color-type=2 filter$f.png
done
$convert "$work/rgb8.ppm" -transparent "$($convert "$work/rgb8.ppm" -format '%[pixel:p{3,3}]' info:)" -define png:color-type=2 -depth 8 rgb8-trns.png
$convert -size 1x1 xc:'#123456' -define png:color-type=2 -depth 8 -define png:exclude-chunks=all one.png
$convert -size 1x1 xc:'#12345680' -define png:color-type=6 -interlace PNG -depth 8 -define png:exclude-chunks=all one-i.png
$convert -size 21x13 gradient:'#f02060-#10c0ff' "$work/smooth.ppm"
$convert "$work/smooth.ppm" -sampling-factor 1x1 -quality 95 -strip color.jpg
$convert "$work/smooth.ppm" -sampling-factor 2x2 -interlace JPEG -quality 95 -strip progressive.jpg
$convert "$work/smooth.ppm" -colorspace Gray -quality 95 -strip gray.jpg
$convert "$work/smooth.ppm" -colorspace CMYK -quality 95 -strip cmyk.jpg
for f in *.jpg; do
    $convert "$f" -colorspace sRGB -depth 8 rgba:"${f%.jpg}.raw"
done
for f in *.png; do
    case $f in
        # pngtopam overlooks the transparent color of this one; ImageMagick does not.
        rgb16-trns.png)
            pngtopam "$f" | pamdepth 255 > "$work/c.ppm"
            $convert "$work/c.ppm" \( "$f" -alpha extract \) -alpha off -compose copy-opacity -composite -depth 8 rgba:rgb16-trns.raw ;;
        *16*) pngtopam -alphapam "$f" | pamdepth 255 | $convert pam:- -depth 8 rgba:"${f%.png}.raw" ;;
        *) $convert "$f" -depth 8 rgba:"${f%.png}.raw" ;;
    esac
done
# The other formats.
Formats/make.py
