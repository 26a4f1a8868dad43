using System.Text;
using Lustrous.Idl.Lfsck;

namespace Lustrous.Mds.Lfsck;

// In Lustre's words (lfsck_namespace_dump); what a file system of one MDT cannot have stays 0.
sealed partial class LfsckNamespace
{
    const uint Magic = 0xA06249FF;      // LFSCK_NAMESPACE_MAGIC_V3

    public override string Text()
    {
        StringBuilder text = Head("lfsck_namespace", Magic);
        string repaired = Repaired;
        string updated = Options.IsDryRun ? "inconsistent" : "updated";
        const string nowhere = "N/A, N/A, N/A";
        Line(text, $"latest_start_position: {nowhere}\nlast_checkpoint_position: {nowhere}");
        Line(text, $"first_failure_position: {nowhere}");
        (long first, long second) = RunTimes();
        Line(text, $"checked_phase1: {Checked1}\nchecked_phase2: {Checked2}");
        Line(text, $"{updated}_phase1: {_dirents + _types}\n{updated}_phase2: {_lost + _counts}");
        Line(text, $"failed_phase1: {Failed1}\nfailed_phase2: {Failed2}\ndirectories: {_directories}");
        Line(text, $"dirent_{repaired}: {_dirents}\nlinkea_{repaired}: {_links}\nnlinks_{repaired}: {_counts}");
        Line(text, $"multiple_linked_checked: {_multiple}\nmultiple_linked_{repaired}: 0");
        Line(text, $"unknown_inconsistency: {_unknown}\nunmatched_pairs_{repaired}: 0");
        Line(text, $"dangling_{repaired}: {_dangling}");
        Line(text, $"multiple_referenced_{repaired}: 0\nbad_file_type_{repaired}: {_types}");
        Line(text, $"lost_dirent_{repaired}: {_lost}");
        foreach (string name in (string[])["local_lost_found_scanned", "local_lost_found_moved",
            "local_lost_found_skipped", "local_lost_found_failed", "striped_dirs_scanned", $"striped_dirs_{repaired}",
            "striped_dirs_failed", "striped_dirs_disabled", "striped_dirs_skipped", "striped_shards_scanned",
            $"striped_shards_{repaired}", "striped_shards_failed", "striped_shards_skipped", $"name_hash_{repaired}",
            $"linkea_overflow_{(Options.IsDryRun ? "inconsistent" : "cleared")}", $"agent_entries_{repaired}"])
            Line(text, $"{name}: 0");
        Line(text, $"success_count: {Successes}\nrun_time_phase1: {first} seconds\nrun_time_phase2: {second} seconds");
        long speed1 = Checked1 / Math.Max(1, first);
        long speed2 = Checked2 / Math.Max(1, second);
        bool inFirst = Status == LfsckStatus.SCANNING_PHASE1, inSecond = Status == LfsckStatus.SCANNING_PHASE2;
        Line(text, $"average_speed_phase1: {speed1} items/sec");
        Line(text, $"average_speed_phase2: {(inFirst ? "N/A" : $"{speed2} objs/sec")}");
        Line(text, $"average_speed_total: {(Checked1 + Checked2) / Math.Max(1, first + second)} items/sec");
        Line(text, $"real_time_speed_phase1: {(inFirst ? $"{speed1} items/sec" : "N/A")}");
        Line(text, $"real_time_speed_phase2: {(inSecond ? $"{speed2} objs/sec" : "N/A")}");
        Line(text, $"current_position: {(IsRunning ? nowhere : "N/A")}");
        return text.ToString();
    }
}
