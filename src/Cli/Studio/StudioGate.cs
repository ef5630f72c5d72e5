using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dalle2.Cli.Studio;

/// <summary>
/// What every request passes: it must name this server (against DNS rebinding), know the token where there is one, and, if it changes something, come from the studio's own page (against CSRF).
/// Every answer has the headers of a page that loads nothing from elsewhere and is shown in no other.
/// </summary>
sealed class StudioGate(StudioOptions options)
{
    /// <summary>What the studio's page says of itself; a page from elsewhere cannot say it without being asked first.</summary>
    public const string Header = "X-Dalle2";

    const string Cookie = "dalle2-token", Parameter = "token";

    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        + "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Lets a request pass, or answers it.</summary>
    public async Task Pass(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        try
        {
            if (Refusal(context.Request) is { } refusal)
                throw refusal;
            if (options.Token is { } token && !Knows(context, token))
                return;
            await next(context);
        }
        catch (StudioFaultException fault)
        {
            await Answers.Fault(context, fault.Status, fault.Message);
        }
        catch (BadHttpRequestException fault)
        {
            await Answers.Fault(context, fault.StatusCode, fault.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"a picture or a request has {StudioServer.LargestBody >> 20} MiB at most" : "the request cannot be read");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The page was closed.
            context.Abort();
        }
        catch (Exception fault)
        {
            var (code, message) = Application.Sentence(fault);
            await Answers.Fault(context, code == ExitCode.Usage ? StatusCodes.Status400BadRequest
                : StatusCodes.Status500InternalServerError, message);
        }
    }

    StudioFaultException? Refusal(HttpRequest request)
    {
        if (!IsNamed(request.Host))
        {
            return new StudioFaultException(
                StatusCodes.Status421MisdirectedRequest, "this studio has another address; see where it was started");
        }

        string site = request.Headers["Sec-Fetch-Site"].ToString();
        bool isOwn = site is "" or "same-origin";
        // A link or an address that is typed opens the page, and nothing else.
        bool opens = HttpMethods.IsGet(request.Method) && request.Path == "/" && request.Headers["Sec-Fetch-Mode"] == "navigate";
        if (!isOwn && !opens && site != "none")
            return new StudioFaultException(StatusCodes.Status403Forbidden, "pages from elsewhere cannot use the studio");
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return null;
        if (!HttpMethods.IsPost(request.Method))
            return new StudioFaultException(StatusCodes.Status405MethodNotAllowed, "the studio knows GET and POST");
        string origin = request.Headers.Origin.ToString();
        return request.Headers[Header] != "studio" || (origin.Length > 0 && origin != $"http://{request.Host}")
            ? new StudioFaultException(StatusCodes.Status403Forbidden, "only the studio's own page can change something") : null;
    }

    // Another port is that of a tunnel. Where a token is asked for, a page from elsewhere has none, by whatever name it reaches this machine.
    bool IsNamed(HostString host) => options.Token is not null || host.Host is "localhost"
        || (IPAddress.TryParse(host.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    // The address with the token gives a cookie and leads to the address without it.
    static bool Knows(HttpContext context, string token)
    {
        if (IsToken(context.Request.Cookies[Cookie], token))
            return true;
        if (context.Request.Path == "/" && IsToken(context.Request.Query[Parameter].ToString(), token))
        {
            context.Response.Cookies.Append(
                Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = "/";
            return false;
        }

        throw new StudioFaultException(StatusCodes.Status401Unauthorized,
            "the address needs its token: open it as it was printed where the studio was started");
    }

    static bool IsToken(string? given, string token) => given is not null && CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
