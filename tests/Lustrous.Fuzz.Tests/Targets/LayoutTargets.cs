using System.Text;
using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Utils.Commands;
using Lustrous.Utils.Hosting;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>Layouts that clients and MDTs send, and what people type.</summary>
static class LayoutTargets
{
    [FuzzTarget(
        "LovEa.Parse", "LovCompositeEa.Parse", "LovUserEa.Parse", "LovUserCompositeEa.Parse", Seeds = SeedKind.Layout,
        AllocationPerByte = 64)]
    public static void Layouts(ReadOnlySpan<byte> input)
    {
        Result<LovEa> layout = LovEa.Parse(input);
        if (!layout.Failed && LovEa.Parse(layout.Value.ToArray()).Failed)
            throw new InvalidOperationException("a layout that was read and written cannot be read");
        Result<LovCompositeEa> composite = LovCompositeEa.Parse(input);
        if (!composite.Failed && LovCompositeEa.Parse(composite.Value.ToArray()).Failed)
            throw new InvalidOperationException("a composite layout that was read and written cannot be read");
        _ = LovUserEa.Parse(input);
        Result<LovUserCompositeEa> wanted = LovUserCompositeEa.Parse(input);
        if (!wanted.Failed && LovUserCompositeEa.Parse(wanted.Value.ToArray()).Failed)
            throw new InvalidOperationException("a wanted layout that was read and written cannot be read");
        _ = LovLayout.Parse(input);
        Directory(input);
    }

    /// <summary>A directory's layout that was read has a stripe for every name.</summary>
    static void Directory(ReadOnlySpan<byte> input)
    {
        if (LmvLayout.Parse(input, out LmvLayout? directory) != Errno.OK || directory is null)
            return;
        for (int attempt = 0; attempt < directory.Attempts; attempt++)
        {
            if ((uint)directory.Place(input, attempt) >= (uint)directory.Stripes.Length)
                throw new InvalidOperationException("a name lies on a stripe that there is not");
        }
        Result<int> place = directory.PlaceForNew(input);
        if (!place.Failed && (uint)place.Value >= (uint)directory.Stripes.Length)
            throw new InvalidOperationException("a new name goes to a stripe that there is not");
    }

    [FuzzTarget(
        "HostCommand.ParseNid", "SizeText.TryParse", Seeds = SeedKind.Text, AllocationPerByte = 256)]
    public static void Words(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        if (SizeText.TryParse(text, out long bytes) && bytes < 0)
            throw new InvalidOperationException($"'{text}' is a size of {bytes}");
        try
        {
            _ = HostCommand.ParseNid(text);
        }
        catch (HostException)
        {
            // One line for whoever typed it.
        }
    }
}
