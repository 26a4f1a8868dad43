using System.Text;
using Lustrous.Idl.Lfsck;

namespace Lustrous.Mds.Lfsck;

// In Lustre's words (lfsck_layout_dump).
sealed partial class LfsckLayout
{
    const uint Magic = 0xB1732FED;      // LFSCK_LAYOUT_MAGIC_V4

    public override string Text()
    {
        StringBuilder text = Head("lfsck_layout", Magic);
        string repaired = Repaired;
        (long first, long second) = RunTimes();
        long speed1 = Checked1 / Math.Max(1, first);
        long speed2 = Checked2 / Math.Max(1, second);
        bool inFirst = Status == LfsckStatus.SCANNING_PHASE1, inSecond = Status == LfsckStatus.SCANNING_PHASE2;
        Line(text, $"latest_start_position: 0\nlast_checkpoint_position: {Checked1}\nfirst_failure_position: 0");
        Line(text, $"success_count: {Successes}\n{repaired}_dangling: {_dangling}\n{repaired}_unmatched_pair: 0");
        Line(text, $"{repaired}_multiple_referenced: 0\n{repaired}_orphan: {_orphans}");
        Line(text, $"{repaired}_inconsistent_owner: 0\n{repaired}_others: 0\nskipped: 0");
        Line(text, $"failed_phase1: {Failed1}\nfailed_phase2: {Failed2}");
        Line(text, $"checked_phase1: {Checked1}\nchecked_phase2: {Checked2}");
        Line(text, $"run_time_phase1: {first} seconds\nrun_time_phase2: {second} seconds");
        Line(text, $"average_speed_phase1: {speed1} items/sec");
        Line(text, $"average_speed_phase2: {(inFirst ? "N/A" : $"{speed2} items/sec")}");
        Line(text, $"real_time_speed_phase1: {(inFirst ? $"{speed1} items/sec" : "N/A")}");
        Line(text, $"real_time_speed_phase2: {(inSecond ? $"{speed2} items/sec" : "N/A")}");
        Line(text, $"current_position: {(inFirst ? $"{Checked1}" : "N/A")}");
        return text.ToString();
    }
}
