using System.Reflection;

namespace Dalle2.Training.Families;

/// <summary>Finds what is added by writing a class: in this assembly, and in every loaded one that refers to it.</summary>
static class Discovery
{
    /// <summary>One of each class that derives from <typeparamref name="T"/> and has a constructor without arguments.</summary>
    public static IEnumerable<T> Of<T>()
        where T : class
    {
        Assembly own = typeof(Discovery).Assembly;
        string name = own.GetName().Name!;
        return AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => assembly == own || (!assembly.IsDynamic
            && assembly.GetReferencedAssemblies().Any(reference => reference.Name == name)))
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(T))
            && type.GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, []) != null)
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => (T)Activator.CreateInstance(type, nonPublic: true)!);
    }
}
