using System.Diagnostics;
using Xunit;

namespace Lustrous.Osd.Tests.Support;

/// <summary>
/// A real file system on a small disk: an ext4 in a file that is mounted through a loop device. The file may lie in a
/// memory of its own, which when it is full makes writes to the disk fail.
/// </summary>
sealed class LoopDisk : IDisposable
{
    // In memory where the machine has such a file system: then nothing waits for the machine's own disk.
    readonly string _folder = Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"lustrous-loop-{Guid.NewGuid():N}")).FullName;
    readonly bool _isOnMemory;

    /// <param name="size">As <c>truncate</c> takes it.</param>
    /// <param name="memory">Size of the memory that the disk's own file lies in; null: the machine's disk.</param>
    public LoopDisk(string size, string? memory = null)
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("mounting a disk of its own needs root");
        _isOnMemory = memory is not null;
        string store = Directory.CreateDirectory(Path.Combine(_folder, "store")).FullName;
        Image = Path.Combine(store, "image");
        MountPoint = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        string made = _isOnMemory ? $"mount -t tmpfs -o size={memory} none {store} && " : "";
        // The beginning of what it keeps is written at once, so that nothing of it is asked for later.
        made += $"truncate -s {size} {Image} && mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 {Image}"
            + $" && mount -o loop {Image} {MountPoint}";
        (int exitCode, string output) = Run(made);
        if (exitCode == 0)
            return;
        Dispose();
        Assert.Skip($"this machine mounts no loop devices: {output.Trim()}");
    }

    /// <summary>The file that the disk is.</summary>
    public string Image { get; }

    public string MountPoint { get; }

    /// <summary>A directory on it.</summary>
    public string New(string name) => Path.Combine(MountPoint, name);

    /// <summary>Writes a file until there is no room at all.</summary>
    public static string Fill(string folder)
    {
        string file = Path.Combine(folder, "filler");
        _ = Run($"dd if=/dev/zero of={file} bs=64k; dd if=/dev/zero of={file} bs=4k oflag=append conv=notrunc;"
            + $" sync {file}");
        return file;
    }

    /// <summary>From now on writing to the disk fails: nothing more fits where its own file is.</summary>
    public void FailWrites() => Fill(Path.GetDirectoryName(Image)!);

    /// <summary>What it does itself after an error of its own: it can be read only.</summary>
    public void Abort() => Ok($"mount -o remount,abort {MountPoint}");

    public void MakeReadOnly() => Ok($"mount -o remount,ro {MountPoint}");

    /// <summary>The disk cannot be read from the beginning of a file on: what is in memory of that is forgotten.
    /// </summary>
    public void FailReadsFrom(string file)
    {
        string first = Ok($"sync {file} && filefrag -b4096 -v {file}"
            + " | sed -n 's/^ *0: *0\\.\\. *[0-9]*: *\\([0-9]*\\)\\.\\..*/\\1/p'");
        long at = long.Parse(first.Trim(), System.Globalization.CultureInfo.InvariantCulture) * 4096;
        Ok($"sync -f {MountPoint} && truncate -s {at} {Image}"
            + $" && dd if=/dev/null of={file} oflag=nocache conv=notrunc,fdatasync count=0");
    }

    static string Ok(string script)
    {
        (int exitCode, string output) = Run(script);
        Assert.True(exitCode == 0, $"{script}: {output}");
        return output;
    }

    static (int ExitCode, string Output) Run(string script)
    {
        var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose()
    {
        // Lazily: what a failed disk still wants to write must not keep the test.
        Run($"umount {MountPoint} || umount -l {MountPoint}");
        if (_isOnMemory)
            Run($"umount -l {Path.GetDirectoryName(Image)}");
        Directory.Delete(_folder, recursive: true);
    }
}
