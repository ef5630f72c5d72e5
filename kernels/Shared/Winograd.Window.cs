using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <content>Where the pixels of a tile lie.</content>
static partial class WinogradOp
{
    // A tile's place in its image.
    readonly record struct TilePlace(int Image, int Y, int X, int Left)
    {
        public static TilePlace Of(WinogradShape s, int tile)
        {
            int row = tile / s.TilesX, image = row / s.TilesY;
            return new TilePlace(image, row - image * s.TilesY, tile - row * s.TilesX, s.Tiles - 1 - tile);
        }

        // The last tile has itself for its next.
        public TilePlace Next(WinogradShape s)
        {
            int x = X + 1, y = Y, image = Image;
            if (x == s.TilesX)
            {
                x = 0;
                y++;
            }

            if (y == s.TilesY)
            {
                y = 0;
                image++;
            }

            return Left > 0 ? new TilePlace(image, y, x, Left - 1) : this;
        }
    }

    // The pixels of one phase under a tile.
    readonly struct Window
    {
        readonly int first, down, across, y, x, height, width, step;

        public Window(WinogradShape s, int image, int y, int x, int line, int step)
        {
            this.y = y;
            this.x = x;
            this.step = step;
            height = s.Height;
            width = s.Width;
            first = ((image * s.Height + y) * s.Width + x) * s.C;
            down = step * s.Width * s.C;
            across = step * s.C;
            IsInside = y >= 0 && x >= 0 && y + (line - 1) * step < s.Height && x + (line - 1) * step < s.Width;
        }

        public bool IsInside { get; }

        public float Pixel<TPlace>(ArrayView<float> source, int i, int j, int c)
            where TPlace : unmanaged, IPlace
        {
            int at = first + i * down + j * across, row = y + i * step, column = x + j * step;
            bool isThere = default(TPlace).IsInside || (row >= 0 && row < height && column >= 0 && column < width);
            float value = source[(isThere ? at : 0) + c + Group.IdxX];
            return isThere ? value : 0f;
        }
    }

    // Whether all of a window lies in the image, as a type.
    interface IPlace
    {
        bool IsInside { get; }
    }

    readonly struct Inside : IPlace
    {
        public bool IsInside => true;
    }

    readonly struct Anywhere : IPlace
    {
        public bool IsInside => false;
    }
}
