using System.Globalization;

namespace Lustrous.EndToEnd.Tests;

/// <summary>
/// Servers that are killed under load: what fsync promised, and what was renamed after it, is there in the next life;
/// nothing that is there is damaged. The long form: <c>LUSTROUS_KILLS=200</c>.
/// </summary>
[Collection("end to end")]
public sealed class KillTests : IDisposable
{
    static readonly int s_kills = int.TryParse(
        Environment.GetEnvironmentVariable("LUSTROUS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 3;

    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-kill-").FullName;

    /// <summary>Writes files, each with the sum of its bytes in its name, syncs, renames, and only then notes the name
    /// where no kill reaches it; removes some again, and notes that before.</summary>
    const string Writer = """
        cd $1 || exit 1
        i=0
        while :; do
          i=$((i + 1))
          head -c $((i * 7919 % 200000 + 1)) /dev/urandom > $2-new 2>/dev/null || exit 0
          sync $2-new 2>/dev/null || exit 0
          name=$2-$(sha1sum < $2-new | cut -c1-40) || exit 0
          mv $2-new $name 2>/dev/null || exit 0
          echo "+ $name" >> $3
          if [ $((i % 5)) = 0 ]; then
            echo "- $name" >> $3
            rm $name 2>/dev/null || exit 0
          fi
        done
        """;

    /// <summary>Every file that was noted and not removed is there; every one there is what its name says.</summary>
    const string Checker = """
        cd $1 || exit 1
        lost=0; seen=0
        while read -r what name; do
          [ "$what" = + ] || continue
          grep -q -- "^- $name\$" $2 && continue
          seen=$((seen + 1))
          [ -e $name ] || { echo "lost: $name"; lost=1; }
        done < $2
        for file in *-*; do
          case $file in *-new|"*-*") continue;; esac
          [ "${file#*-}" = "$(sha1sum < $file | cut -c1-40)" ] || { echo "damaged: $file"; lost=1; }
        done
        echo "verified $seen"
        exit $lost
        """;

    [Fact]
    public async Task What_fsync_and_rename_promised_survives_every_kill()
    {
        Needs.Fuse();
        string run = Path.Combine(_folder, "run");
        string store = Path.Combine(_folder, "store");
        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        string notes = Path.Combine(_folder, "notes");
        await File.WriteAllTextAsync(Path.Combine(_folder, "writer"), Writer);
        await File.WriteAllTextAsync(Path.Combine(_folder, "checker"), Checker);
        await File.WriteAllTextAsync(notes, "");
        var random = new Random(1);
        for (int kill = 0; kill < s_kills; kill++)
        {
            await using var up = new LustrousProcess(run, "up", "--store", store, "--mount", mount, "--osts", "2");
            await up.FindAsync("lustre: ");
            string said = await Shell.OkAsync($"sh {_folder}/checker {mount} {notes}", seconds: 300);
            TestContext.Current.TestOutputHelper?.WriteLine($"life {kill}: {said.Trim()}");
            int noted = (await File.ReadAllLinesAsync(notes, TestContext.Current.CancellationToken)).Length;
            Task<(int, string)> first = Shell.RunAsync($"sh {_folder}/writer {mount} {kill}a {notes}");
            Task<(int, string)> second = Shell.RunAsync($"sh {_folder}/writer {mount} {kill}b {notes}");
            // Into the middle of it, wherever that is.
            await Shell.OkAsync($"until [ $(wc -l < {notes}) -ge {noted + 4} ]; do sleep 0.05; done");
            await Task.Delay(random.Next(1500), TestContext.Current.CancellationToken);
            up.Kill();
            await up.EndAsync();
            await Shell.RunAsync($"umount -l {mount}");
            await Task.WhenAll(first, second);
        }
        await using var last = new LustrousProcess(run, "up", "--store", store, "--mount", mount);
        await last.FindAsync("lustre: ");
        string verified = await Shell.OkAsync($"sh {_folder}/checker {mount} {notes}", seconds: 300);
        Assert.DoesNotContain("verified 0\n", verified, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"after {s_kills} kills: {verified.Trim()}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
