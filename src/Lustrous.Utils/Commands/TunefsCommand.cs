using System.CommandLine;
using System.Globalization;
using Lustrous.Osd.Disk;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>tunefs.lustre</c>: shows what a target is.</summary>
static class TunefsCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the target" };
        var print = new Option<bool>("--print") { Description = "Show it and change nothing", Required = true };
        var command = new Command("tunefs.lustre", "Shows a target that mkfs.lustre made.") { folder, print };
        command.Aliases.Add("tunefs");
        command.SetAction((parsed, _) => HostCommand.RunAsync("tunefs.lustre", _ =>
        {
            Print(TargetDescription.Read(parsed.GetValue(folder)!));
            return Task.FromResult(0);
        }));
        return command;
    }

    static void Print(TargetDescription target)
    {
        Console.WriteLine($"Target:            {target.Name}");
        Console.WriteLine($"Roles:             {Roles(target)}");
        if (target.Mdt || target.Ost)
        {
            Console.WriteLine($"Lustre FS:         {target.FsName}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Index:             {target.Index}"));
        }
        Console.WriteLine($"Mount type:        {target.Storage}");
        if (!target.IsMemory)
        {
            Console.WriteLine("Format:            " + (DiskDevice.FormatVersion(target.Folder!) is { } version
                ? version.ToString(CultureInfo.InvariantCulture)
                : "damaged"));
        }
        Console.WriteLine("Room:              " + (target.CapacityBytes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{target.CapacityBytes >> 20} MiB")
            : target.IsMemory ? "as memory lasts" : "all that the file system has"));
        Console.WriteLine($"MGS:               {(target.Mgs ? "here" : string.Join(' ', target.MgsNodes))}");
        Console.WriteLine($"Registered:        {(target.Registered ? "yes" : "no: it does so at its first start")}");
        Console.WriteLine($"Parameters:        {string.Join(' ', target.Parameters)}");
    }

    static string Roles(TargetDescription target) => string.Join(
        ' ', new[] { target.Mgs ? "MGS" : "", target.Mdt ? "MDT" : "", target.Ost ? "OST" : "" }.Where(r => r != ""));
}
