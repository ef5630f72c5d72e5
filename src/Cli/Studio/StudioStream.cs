using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dalle2.Cli.Studio;

/// <summary>Server-sent events: what jobs do, what emerges, and what is new of the runs that a page follows (<c>?follow=NAME</c>, several times). Begins with all jobs.</summary>
sealed class StudioStream(RunLibrary library, JobQueue jobs, EventHub hub)
{
    const int MostPages = 64, MostFollowed = 8;

    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    // Says that the line is alive.
    const int LooksPerSign = 30;

    /// <summary>Sends events until the page is closed.</summary>
    public async Task Follow(HttpContext context)
    {
        string[] followed = [.. context.Request.Query["follow"].Where(name => name is not null).Distinct().Cast<string>()];
        if (followed.Length > MostFollowed)
            throw new StudioFaultException(StatusCodes.Status400BadRequest, $"{MostFollowed} runs can be followed at once");
        if (hub.Count >= MostPages)
            throw new StudioFaultException(StatusCodes.Status503ServiceUnavailable, $"{MostPages} pages are open already; close some");
        foreach (string name in followed)
            library.Find(name);
        CancellationToken closed = context.RequestAborted;
        Channel<string> page = hub.Open();
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await Send(context, EventHub.Format("jobs", jobs.ToJson()));
            RunFollower[] followers = [.. followed.Select(name => new RunFollower(name, library, jobs))];
            bool isOpen = true;
            for (int look = 0; isOpen; look++)
            {
                foreach (RunFollower follower in followers)
                {
                    if (follower.Next() is { } news)
                        await Send(context, EventHub.Format("run", news));
                }

                if (look % LooksPerSign == LooksPerSign - 1)
                    await Send(context, ": here\n\n");
                isOpen = await Pass(context, page.Reader, closed);
            }
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // The page was closed, or the studio is.
        }
        finally
        {
            hub.Close(page);
        }
    }

    // Events as they come, until it is time to look at the runs again; false if no more will come.
    static async Task<bool> Pass(HttpContext context, ChannelReader<string> events, CancellationToken closed)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(closed);
        look.CancelAfter(BetweenLooks);
        try
        {
            while (await events.WaitToReadAsync(look.Token))
            {
                while (events.TryRead(out string? message))
                    await Send(context, message);
            }

            return false;
        }
        catch (OperationCanceledException) when (!closed.IsCancellationRequested)
        {
            return true;
        }
    }

    static async Task Send(HttpContext context, string message)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(message), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
