using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Dalle2.Cli.Studio;

/// <summary>Tells every open page what happens. A page that does not keep up misses old events, never newer ones.</summary>
sealed class EventHub
{
    const int Waiting = 256;

    ImmutableArray<Channel<string>> pages = [];

    /// <summary>How many pages listen.</summary>
    public int Count => pages.Length;

    /// <summary>A page begins to listen.</summary>
    public Channel<string> Open()
    {
        Channel<string> page = Channel.CreateBounded<string>(
            new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        ImmutableInterlocked.Update(ref pages, all => all.Add(page));
        return page;
    }

    /// <summary>A page is gone.</summary>
    public void Close(Channel<string> page) => ImmutableInterlocked.Update(ref pages, all => all.Remove(page));

    /// <summary>Sends every page away: nothing more happens.</summary>
    public void CloseAll()
    {
        foreach (Channel<string> page in pages)
            page.Writer.TryComplete();
    }

    /// <summary>Tells something.</summary>
    public void Publish(string name, Func<JsonNode> data)
    {
        ImmutableArray<Channel<string>> listening = pages;
        if (listening.IsEmpty)
            return;
        string message = Format(name, data());
        foreach (Channel<string> page in listening)
            page.Writer.TryWrite(message);
    }

    /// <summary>An event as it is sent (HTML standard, server-sent events): JSON has no line breaks outside of strings, and none in them.</summary>
    public static string Format(string name, JsonNode data) => $"event: {name}\ndata: {data.ToJsonString()}\n\n";
}
