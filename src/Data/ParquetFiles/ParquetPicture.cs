using Dalle2.Data.Sets;

namespace Dalle2.Data.ParquetFiles;

/// <summary>A picture in a row.</summary>
/// <param name="Cache">Reads row groups.</param>
/// <param name="File">The file.</param>
/// <param name="Group">The number of the row group.</param>
/// <param name="Row">The row's number in it.</param>
sealed record ParquetPicture(RowGroupCache Cache, ParquetFile File, int Group, int Row) : IPictureSource
{
    /// <inheritdoc/>
    public byte[] Read() => Cache.Pictures(File, Group)[Row] ?? throw new IOException("the row has no picture");
}
