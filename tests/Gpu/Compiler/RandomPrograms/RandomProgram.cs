using System.Reflection;
using System.Reflection.Emit;
using System.Text;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>
/// A kernel made from a seed, with a launch and the memory that it starts from. It is emitted as intermediate language, so that the same method runs
/// on the device <c>reference</c> and goes through the compiler. Nothing in it is left open: every loop ends, every index is within its view, no two
/// threads touch the same element but by atomics whose order does not matter, no bit of a NaN is looked at.
/// </summary>
sealed class RandomProgram
{
    const int Slots = 4;

    static readonly Type[] Inputs = [typeof(int), typeof(float), typeof(byte), typeof(long), typeof(double), typeof(short), typeof(uint),
        typeof(System.Half)];
    static readonly Type[] Outputs = [typeof(int), typeof(float), typeof(byte), typeof(long), typeof(double), typeof(short), typeof(ulong),
        typeof(System.Half), typeof(Mixed)];

    readonly Choices choose;
    readonly List<(Helper Helper, MethodGenerator Body)> helpers = [];
    readonly List<Type> parameters = [];
    readonly List<object?> scalars = [];
    readonly List<Array?> memory = [];
    readonly MethodGenerator kernel;

    RandomProgram(int seed, bool dividesByAll)
    {
        Seed = seed;
        choose = new Choices((ulong)seed, dividesByAll);
        kernel = new MethodGenerator(choose, [.. AddHelpers()], choose.Between(8, 30));
        Launch();
        AddParameters();
        Fill();
    }

    public int Seed { get; }

    /// <summary>Of an implicitly grouped kernel, its threads; else one.</summary>
    public Index3D Extent { get; private set; } = new(1, 1, 1);

    /// <summary>Of an explicitly grouped kernel, its groups.</summary>
    public KernelConfig? Config { get; private set; }

    /// <summary>What each view holds at first, in the order of the views.</summary>
    public IEnumerable<Array> Memory => memory.OfType<Array>();

    public static RandomProgram Create(int seed, bool dividesByAll = false) => new(seed, dividesByAll);

    /// <summary>The arguments: views in place of memory, in order.</summary>
    public object[] Arguments(IEnumerable<object> views)
    {
        using IEnumerator<object> view = views.GetEnumerator();
        return [.. scalars.Select(scalar => scalar
            ?? (view.MoveNext() ? view.Current : throw new InvalidOperationException("a view is missing")))];
    }

    /// <summary>Every list of statements that could be shorter.</summary>
    public IEnumerable<List<Statement>> Bodies()
    {
        IEnumerable<List<Statement>> Within(List<Statement> body) => [body, .. body.SelectMany(s => s.Bodies).SelectMany(Within)];
        return helpers.Select(h => h.Body).Prepend(kernel).SelectMany(m => Within(m.Body)).ToList();
    }

    /// <summary>Emits the program as it is now, into an assembly of its own.</summary>
    public MethodInfo Emit()
    {
        ModuleBuilder module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName($"Random{Seed}"), AssemblyBuilderAccess.RunAndCollect)
            .DefineDynamicModule("Random");
        TypeBuilder type = module.DefineType($"Random{Seed}", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        foreach (var (helper, body) in helpers)
        {
            helper.Built = type.DefineMethod(helper.Name, MethodAttributes.Public | MethodAttributes.Static, helper.Returns,
                helper.Parameters);
            body.Emit(helper.Built.GetILGenerator());
        }

        MethodBuilder method = type.DefineMethod("Kernel", MethodAttributes.Public | MethodAttributes.Static, typeof(void),
            [.. parameters]);
        for (int p = 0; p < parameters.Count; p++)
            method.DefineParameter(p + 1, ParameterAttributes.None, $"a{p}");
        kernel.Emit(method.GetILGenerator());
        return type.CreateType().GetMethod("Kernel")!;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (helper, body) in helpers)
        {
            text.Append($"{helper.Returns.Name} {helper.Name}({string.Join(", ", helper.Parameters.Select((p, i) => $"{p.Name} a{i}"))})\n"
                + $"{body.Text()}\n");
        }

        text.Append($"kernel of seed {Seed} over {(Config is { } config ? $"{config.GridDim} groups of {config.GroupDim}" : Extent)}\n"
            + $"{kernel.Text()}");
        return text.ToString();
    }

    List<Helper> AddHelpers()
    {
        var known = new List<Helper>();
        for (int h = choose.Below(3); h > 0; h--)
        {
            Type[] types = [typeof(int), typeof(float), typeof(long), typeof(double), typeof(bool), typeof(Mixed), typeof(uint)];
            var helper = new Helper($"Helper{h}", choose.Of(types),
                [.. Enumerable.Range(0, choose.Between(1, 3)).Select(_ => choose.Of(types))]);
            var body = new MethodGenerator(choose, [.. known], 6) { Returns = helper.Returns };
            for (int p = 0; p < helper.Parameters.Length; p++)
                body.Parameter(helper.Parameters[p], p);
            body.DeclareVariables();
            body.Begin();
            body.Body.AddRange(body.Block(choose.Between(1, 4), new Place(1, 1, false, true)));
            body.Body.Add(new Sequence([body.Return()]) { IsNeeded = true });
            helpers.Add((helper, body));
            known.Add(helper);
        }

        return known;
    }

    void Launch()
    {
        switch (choose.Below(5))
        {
            case 0:
                Extent = new Index3D(choose.Of(choose.Between(1, 20), choose.Between(1, 40), choose.Between(1, 70)), 1, 1);
                parameters.Add(typeof(Index1D));
                break;
            case 1:
                Extent = new Index3D(choose.Between(1, 19), choose.Between(1, 4), 1);
                parameters.Add(typeof(Index2D));
                break;
            case 2:
                Config = new KernelConfig(new Index2D(choose.Between(1, 2), choose.Between(1, 2)),
                    new Index2D(choose.Between(1, 9), choose.Between(1, 5)));
                break;
            default:
                int threads = choose.Of(choose.Between(1, 12), choose.Between(1, 20), choose.Between(1, 40),
                    choose.Of(8, 16, 32, 33, 64, 70));
                Config = new KernelConfig((Index1D)choose.Between(1, threads > 20 ? 2 : 3), threads);
                break;
        }
    }

    Variable AddView(Type element, int length)
    {
        Type view = typeof(ArrayView<>).MakeGenericType(element);
        var variable = new Variable(view, $"a{parameters.Count}", parameters.Count);
        parameters.Add(view);
        scalars.Add(null);
        Array values = Array.CreateInstance(element, length);
        for (int i = 0; i < length; i++)
            values.SetValue(choose.Number(element), i);
        memory.Add(values);
        return variable;
    }

    void AddParameters()
    {
        int threads = Config is { } config ? config.GridDim.Size * config.GroupDim.Size : Extent.Size;
        kernel.DeclareVariables();
        Variable thread = kernel.Local(typeof(int), "thread"), first = kernel.Local(typeof(int), "first"),
            turns = kernel.Local(typeof(int), "turns");
        Expression slots = Expression.Of(typeof(int), "thread * 4", [thread.Read(), Expression.Literal(Slots)], OpCodes.Mul);
        kernel.Body.Add(new Sequence([MethodGenerator.Assign(thread, ThreadIndex()), MethodGenerator.Assign(first, slots)])
        {
            IsNeeded =
            true
        });
        foreach (Type element in Inputs.Where(_ => choose.OneIn(2)))
        {
            int length = choose.Between(1, 40);
            kernel.Memories.Add(new Memory(element, AddView(element, length), length, null));
        }

        foreach (Type element in Outputs.Where((_, o) => o == 0 || choose.OneIn(2)))
        {
            var own = new Memory(element, AddView(element, threads * Slots), Slots, first.Read());
            kernel.Memories.Add(own);
            if (choose.OneIn(4))
                AddSubView(own);
        }

        foreach (Type element in new[] { typeof(int), typeof(long), typeof(uint) }.Where(_ => choose.OneIn(2)))
        {
            Variable view = AddView(element, 16);
            kernel.Atomics.AddRange(new[] { "Add", "And", "Or", "Xor", "Min",
                "Max" }.Select((operation, o) => new AtomicMemory(element, view, operation, 2 * o, 2)));
        }

        foreach (Type type in new[] { typeof(float), typeof(long), typeof(Mixed), typeof(int),
            typeof(System.Half) }.Where(_ => choose.OneIn(2)))
        {
            kernel.Parameter(type, parameters.Count);
            parameters.Add(type);
            scalars.Add(choose.Number(type));
        }

        var specialized = new Variable(typeof(ILGPU.Runtime.SpecializedValue<int>), $"a{parameters.Count}", parameters.Count);
        parameters.Add(specialized.Type);
        scalars.Add(new ILGPU.Runtime.SpecializedValue<int>(choose.Between(-1, 5)));
        kernel.Body.Add(MethodGenerator.Assign(turns, Expression.Call(specialized.Type.GetMethod("op_Implicit")!, specialized.Read())));
        kernel.Readable.AddRange([thread, turns]);
        AddBody(turns);
    }

    void AddBody(Variable turns)
    {
        kernel.Begin();
        foreach (Type element in new[] { typeof(int), typeof(float), typeof(long), typeof(byte),
            typeof(Mixed) }.Where(_ => choose.OneIn(4)))
        {
            AddLocalArray(element, choose.Of(1, 2, 4, 5, 8));
        }

        if (Config is { } config)
        {
            var together = new KernelGenerator(choose, kernel, config.GroupDim.Size);
            foreach (MethodInfo place in new[] { "IdxX", "IdxY", "DimX" }.Select(name => typeof(Grid).GetProperty(name)!.GetMethod!)
                .Append(typeof(Group).GetProperty("DimX")!.GetMethod!))
            {
                together.Agree(Expression.Call(place));
            }

            together.Agree(turns.Read());
            foreach (Type element in new[] { typeof(int), typeof(float), typeof(byte), typeof(double),
                typeof(Mixed) }.Where(_ => choose.OneIn(3)))
            {
                together.ShareArray(element);
            }

            if (!choose.OneIn(4))
                kernel.Body.AddRange(together.Together(choose.Between(1, 4), 0));
        }

        kernel.Body.AddRange(kernel.Block(choose.Between(3, 8), new Place(0, 0, false, true)));
        kernel.End();
    }

    // The same elements through a view of their own.
    void AddSubView(Memory own)
    {
        Variable part = kernel.Local(own.View.Type, $"part{own.View.Name}");
        Expression start = Expression.Of(typeof(long), $"(long){own.Start}", [own.Start!], OpCodes.Conv_I8);
        Expression slots = Expression.Call(
            own.View.Type.GetMethod("SubView", [typeof(long), typeof(long)])!, own.View.Address(), start, Expression.Literal((long)Slots));
        kernel.Body.Add(new Sequence([MethodGenerator.Assign(part, slots)]) { IsNeeded = true });
        kernel.Memories.Add(new Memory(own.Element, part, Slots, Expression.Literal(0)));
    }

    // The first contents are undefined, so each element gets a value.
    void AddLocalArray(Type element, int length)
    {
        Variable view = kernel.Local(typeof(ArrayView<>).MakeGenericType(element), $"own{parameters.Count}{element.Name}");
        List<Statement> allocate = [KernelGenerator.Allocate(typeof(LocalMemory), view, element, length)];
        for (int i = 0; i < length; i++)
            allocate.Add(KernelGenerator.StoreAt((element, view), Expression.Literal(i), kernel.Of(Variable.Widened(element), 1)));
        kernel.Body.Add(new Sequence(allocate) { IsNeeded = true });
        kernel.Memories.Add(new Memory(element, view, length, Expression.Literal(0)));
    }

    // What is stored must be finite from the start: statements change some of it in place.
    void Fill()
    {
        foreach (Array values in Memory)
        {
            MethodInfo? finite = Canonical.For(values.GetType().GetElementType()!);
            for (int i = 0; finite != null && i < values.Length; i++)
                values.SetValue(finite.Invoke(null, [values.GetValue(i)]), i);
        }
    }

    Expression ThreadIndex()
    {
        if (Config is { } config)
        {
            Expression[] parts =
            [
                Expression.Call(typeof(Grid).GetProperty("IdxY")!.GetMethod!),
                Expression.Call(typeof(Grid).GetProperty("DimX")!.GetMethod!),
                Expression.Call(typeof(Grid).GetProperty("IdxX")!.GetMethod!), Expression.Literal(config.GroupDim.Size),
                Expression.Call(typeof(Group).GetProperty("LinearIndex")!.GetMethod!),
            ];
            return new Expression(typeof(int), "(Grid.IdxY * Grid.DimX + Grid.IdxX) * size + Group.LinearIndex", il =>
            {
                parts[0].Emit(il);
                parts[1].Emit(il);
                il.Emit(OpCodes.Mul);
                parts[2].Emit(il);
                il.Emit(OpCodes.Add);
                parts[3].Emit(il);
                il.Emit(OpCodes.Mul);
                parts[4].Emit(il);
                il.Emit(OpCodes.Add);
            });
        }

        var index = new Variable(parameters[0], "index", 0);
        Expression Part(string name) => Expression.Call(index.Type.GetProperty(name)!.GetMethod!, index.Address());
        return index.Type == typeof(Index1D)
            ? Part("X")
            : Expression.Of(typeof(int), $"index.X + index.Y * {Extent.X}", [Part("X"), Part("Y"), Expression.Literal(Extent.X)],
            OpCodes.Mul, OpCodes.Add);
    }
}
