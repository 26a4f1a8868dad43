using System.Reflection;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>Every wire struct, from bytes that mean anything or nothing.</summary>
static class WireTargets
{
    static readonly FuzzBody[] Structs =
    [
        .. from type in typeof(Nid).Assembly.GetTypes()
           where type.IsValueType && !type.IsGenericType && type.GetCustomAttribute<WireStructAttribute>() is not null
           orderby type.FullName
           select typeof(WireTargets).GetMethod(nameof(Read), BindingFlags.Static | BindingFlags.NonPublic)!
               .MakeGenericMethod(type).CreateDelegate<FuzzBody>(),
    ];

    // Two bytes choose the struct, the rest is its value: all structs on every input would leave time for few inputs.
    [FuzzTarget("WireBytes.TryRead", Seeds = SeedKind.Payload, AllocationPerByte = 512)]
    public static void WireStruct(ReadOnlySpan<byte> input)
    {
        if (input.Length > 2)
            Structs[(input[0] | input[1] << 8) % Structs.Length](input[2..]);
    }

    static void Read<T>(ReadOnlySpan<byte> input) where T : unmanaged, IWireStruct<T>
    {
        if (!WireBytes.TryRead(input, out T value))
            return;
        T twice = T.Swab(T.Swab(value));
        if (!WireBytes.Equal(value, twice))
            throw new InvalidOperationException($"{T.WireName}: reversed twice it is another");
        _ = value.ToString();
        _ = value.GetHashCode();
    }
}
