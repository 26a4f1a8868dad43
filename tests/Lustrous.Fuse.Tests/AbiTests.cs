using System.Reflection;
using System.Runtime.InteropServices;
using Lustrous.Fuse.Adapter;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

public sealed class AbiTests
{
    [Fact]
    public void Every_structure_has_the_size_that_the_kernel_gives_it()
    {
        Type[] structures = [.. typeof(FuseInHeader).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(FuseInHeader).Namespace && type.GetField("WireSize") is not null)];
        Assert.True(structures.Length > 40);
        MethodInfo sizeOf = typeof(AbiTests).GetMethod(nameof(SizeOf), BindingFlags.NonPublic | BindingFlags.Static)!;
        Assert.All(structures, type => Assert.Equal(
            (int)type.GetField("WireSize")!.GetRawConstantValue()!,
            (int)sizeOf.MakeGenericMethod(type).Invoke(null, null)!));
        Assert.Equal(152, (int)Marshal.OffsetOf<FuseDirentPlusPrefix>(nameof(FuseDirentPlusPrefix.Name)));
    }

    [Theory]
    [InlineData("0-1\n", 2)]
    [InlineData("0\n", 1)]
    [InlineData("0-3,8-11\n", 12)]
    [InlineData("", 1)]
    public void Lists_of_processors_are_read(string list, int count) => Assert.Equal(count, ProcessorList.Parse(list));

    [Fact]
    public void Groups_of_a_process_are_read()
    {
        Assert.Equal([4u, 24, 1000], ProcessGroups.Parse("\t4 24 1000 "));
        Assert.Empty(ProcessGroups.Parse("\t "));
        Assert.False(new ProcessGroups().Contains(0, 0));
    }

    static int SizeOf<T>()
        where T : unmanaged => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    [StructLayout(LayoutKind.Sequential)]
    struct FuseDirentPlusPrefix
    {
        public FuseEntryOut Entry;
        public FuseDirent Line;
        public byte Name;
    }
}
