using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Tests.WireTables;

/// <summary>Where a name of Lustre's lies in one of our structs.</summary>
/// <param name="ElementSize">Of an array's element; otherwise the size.</param>
readonly record struct Place(int Offset, int Size, int ElementSize);

/// <summary>
/// The layout of a wire struct as the runtime made it: each field is set to all ones in a struct of zeroes, and the
/// bytes that changed are the field.
/// </summary>
sealed class StructLayout
{
    static readonly Dictionary<Type, StructLayout> Known = [];

    const BindingFlags EveryField = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    readonly Dictionary<string, Place> _fields = [];
    readonly Dictionary<string, Type> _nested = [];

    StructLayout(Type type)
    {
        Attribute = type.GetCustomAttribute<WireStructAttribute>()!;
        Size = SizeOf(type);
        foreach (FieldInfo field in type.GetFields(EveryField))
        {
            Place place = Probe(type, field);
            foreach (string name in Names(field))
            {
                // Several of our fields may make one of C's (the words of an address).
                _fields[name] = _fields.TryGetValue(name, out Place known)
                    ? known with { Size = known.Size + place.Size }
                    : place;
                _nested[name] = field.FieldType;
            }
        }
        foreach (PropertyInfo view in type.GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            foreach (string name in Names(view)) _nested.TryAdd(name, view.PropertyType);
        }
        Tails = type.GetCustomAttributes<WireTailAttribute>().ToDictionary(t => t.Name, t => SizeOf(t.Element));
    }

    internal static Dictionary<string, Type> All { get; } = typeof(WireStructAttribute).Assembly.GetTypes()
        .Where(type => type.IsDefined(typeof(WireStructAttribute), inherit: false))
        .ToDictionary(type => type.GetCustomAttribute<WireStructAttribute>()!.Name);

    internal WireStructAttribute Attribute { get; }

    internal int Size { get; }

    /// <summary>Arrays that follow the struct, and the bytes of one element.</summary>
    internal Dictionary<string, int> Tails { get; }

    internal static StructLayout Of(Type type)
    {
        if (!Known.TryGetValue(type, out StructLayout? layout)) Known[type] = layout = new StructLayout(type);
        return layout;
    }

    /// <param name="path">A C name; parts of nested structs and unions after dots.</param>
    internal Place? Find(string path)
    {
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return _fields.TryGetValue(Key(path), out Place place) ? place : null;
        string first = Key(path[..dot]);
        if (!_nested.TryGetValue(first, out Type? nested)) return null;
        // A view of a union begins where the union does.
        int offset = _fields.TryGetValue(first, out Place outer) ? outer.Offset : 0;
        return Of(nested).Find(path[(dot + 1)..]) is { } inner ? inner with { Offset = offset + inner.Offset } : null;
    }

    internal static int SizeOf(Type type) => (int)Call(nameof(SizeOfT), type)!;

    // C breaks words where C# does not always (padding_1_h, Padding1H).
    static string Key(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    List<string> Names(MemberInfo member)
    {
        List<string> given = [.. member.GetCustomAttributes<WireNameAttribute>().Select(a => Key(a.Name))];
        return given.Count > 0 ? given : [Key(Attribute.Prefix + member.Name)];
    }

    static Place Probe(Type type, FieldInfo field)
    {
        object value = RuntimeHelpers.GetUninitializedObject(type);
        field.SetValue(value, Call(nameof(AllOnes), field.FieldType));
        var bytes = (byte[])Call(nameof(BytesOf), type, value)!;
        int first = Array.IndexOf(bytes, (byte)0xff), last = Array.LastIndexOf(bytes, (byte)0xff);
        Assert.DoesNotContain((byte)0, bytes[first..(last + 1)]);
        FieldInfo? element = field.FieldType.IsDefined(typeof(InlineArrayAttribute), inherit: false)
            ? field.FieldType.GetFields(BindingFlags.Instance | BindingFlags.NonPublic)[0]
            : null;
        int size = last + 1 - first;
        return new Place(first, size, element is null ? size : SizeOf(element.FieldType));
    }

    static object? Call(string method, Type type, params object[] arguments) =>
        typeof(StructLayout).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type).Invoke(null, arguments);

    static int SizeOfT<T>() => Unsafe.SizeOf<T>();

    static T AllOnes<T>() where T : unmanaged
    {
        T value = default;
        WireBytes.Of(ref value).Fill(0xff);
        return value;
    }

    static byte[] BytesOf<T>(T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
