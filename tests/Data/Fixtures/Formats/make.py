#!/usr/bin/python3
# Writes the fixtures of the formats beside PNG and JPEG, and their pixels as NAME.EXT.raw (8-bit RGBA), from PNG fixtures of the folder above.
# Files: Pillow, netpbm and libwebp's cwebp. Pixels: Pillow's reading. Needs the Debian packages python3-pil, netpbm and webp.
import os
import subprocess
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rgb = Image.open('../rgb8.png').convert('RGB')
rgba = Image.open('../rgba8.png').convert('RGBA')
gray, palette, bits = rgb.convert('L'), rgb.quantize(16), rgb.convert('L').convert('1')


def raw(name, picture=None):
    picture = picture or Image.open(name)
    picture.seek(0)
    open(name + '.raw', 'wb').write(picture.convert('RGBA').tobytes())


def save(name, picture, **options):
    picture.save(name, **options)
    raw(name)


save('palette.gif', palette)
save('keyed.gif', rgba.quantize(32), transparency=0)
save('animated.gif', palette, save_all=True, append_images=[palette.rotate(180)], duration=100)
save('animated.png', rgba, save_all=True, append_images=[rgba.rotate(180)], duration=100)
save('animated.webp', rgba, save_all=True, append_images=[rgba.rotate(180)], lossless=True, duration=100)
save('lossless.webp', rgba, lossless=True, exact=True)
subprocess.run('cwebp -quiet -q 90 ../rgba8.png -o lossy.webp', shell=True, check=True)
raw('lossy.webp')
save('rgb.bmp', rgb)
save('palette.bmp', palette)
save('bits.bmp', bits)
for compression in ['raw', 'tiff_lzw', 'tiff_adobe_deflate', 'packbits', 'jpeg']:
    save(compression.split('_')[-1] + '.tif', rgb, compression=compression)
save('gray.tif', gray)
save('alpha.tif', rgba, compression='tiff_lzw')
save('palette.tif', palette)
save('two.tif', rgb, save_all=True, append_images=[gray.resize((5, 5))])
save('group4.tif', bits, compression='group4')
exif = Image.Exif()
exif[0x0112] = 6
save('turned.tif', rgb, tiffinfo={0x0112: 6})
raw('turned.tif', rgb.transpose(Image.ROTATE_270))
for name, options in [('turned.webp', {'lossless': True}), ('turned.png', {})]:
    rgb.save(name, exif=exif, **options)
    raw(name, rgb.transpose(Image.ROTATE_270))
save('rgb.tga', rgb)
save('runs.tga', rgba, compression='tga_rle')
save('gray.tga', gray)
save('palette.tga', palette)
save('palette-runs.tga', palette, compression='tga_rle')
save('color.ppm', rgb)
save('gray.pgm', gray)
save('bits.pbm', bits)
# Samples of 16 bits and numbers in text, whose pixels are those of the same picture in PNG.
for name, command in [('deep.ppm', 'pngtopam ../rgb16.png'), ('text.ppm', 'pngtopam ../rgb16.png | pamtopnm -plain'),
                      ('deep.pgm', 'pngtopam ../gray16.png'), ('four.pgm', 'pngtopam ../gray4.png'), ('text.pbm', 'pngtopam ../gray1.png | pamtopnm -plain')]:
    subprocess.run(f'{command} > {name}', shell=True, check=True)
for name, png in [('deep.ppm', 'rgb16'), ('text.ppm', 'rgb16'), ('deep.pgm', 'gray16'), ('four.pgm', 'gray4'), ('text.pbm', 'gray1')]:
    open(name + '.raw', 'wb').write(open('../' + png + '.raw', 'rb').read())
