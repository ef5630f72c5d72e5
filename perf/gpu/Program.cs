using Dalle2.Card;
using Dalle2.Cli;

// Its own verbs; any other is one of dalle2, so that the bundle is the whole product.
return args is ["measure" or "section" or "plan", ..] or []
    ? Application.Run(new CardCommand(), args.Length == 0 ? ["measure"] : args, Console.Out, Console.Error, CancellationToken.None)
    : Application.Run(args, Console.Out, Console.Error);
