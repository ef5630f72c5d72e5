namespace Dalle2.Data.Sets;

/// <summary>Looks up a split by name and says which there are when it is not one.</summary>
static class SplitNames
{
    public static int IndexOf(IDataSet set, string split)
    {
        for (int i = 0; i < set.Splits.Count; i++)
        {
            if (set.Splits[i] == split)
                return i;
        }
        throw new ArgumentException($"{set.Name} has no split '{split}'; it has {string.Join(", ", set.Splits)}", nameof(split));
    }
}
