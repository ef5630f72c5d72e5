namespace Dalle2.Data.ParquetFiles;

/// <summary>A row group, as the footer tells of it.</summary>
/// <param name="First">Rows of the file before it.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="PictureBytes">Bytes of its column of pictures, decompressed; 0 where they are files.</param>
/// <param name="MayLack">Whether a picture may be missing in it; false where the footer excludes that.</param>
sealed record ParquetGroup(long First, int Rows, long PictureBytes, bool MayLack);
