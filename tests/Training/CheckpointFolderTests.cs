using Dalle2.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class CheckpointFolderTests
{
    string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("d2-checkpoints-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    CheckpointFolder Folder => new(Path.Combine(folder, "decoder"));

    string[] Names =>
        [.. Directory.EnumerateFiles(Folder.FolderPath).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Test]
    public void An_empty_folder_has_no_latest()
    {
        Assert.That(Folder.Latest("classic"), Is.Null);
    }

    [Test]
    public void The_last_two_and_the_final_one_stay()
    {
        foreach (long step in new[] { 100, 200, 300, 400 })
            Folder.Save(CheckpointTests.Make(step));

        string final = Folder.Save(CheckpointTests.Make(450), final: true);
        Assert.That(Names, Is.EqualTo(new[] { "final-000450.safetensors", "latest", "step-000300.safetensors",
            "step-000400.safetensors" }));
        Assert.That(File.ReadAllText(Path.Combine(Folder.FolderPath, "latest")), Is.EqualTo("final-000450.safetensors\n"));
        FoundCheckpoint found = Folder.Latest("classic")!;
        Assert.That((found.Path, found.Checkpoint.Info.Step, found.Skipped.Count), Is.EqualTo((final, 450L, 0)));
    }

    [Test]
    public void A_stage_that_goes_on_keeps_one_final_checkpoint()
    {
        Folder.Save(CheckpointTests.Make(100), final: true);
        Folder.Save(CheckpointTests.Make(200));
        Assert.That(Names, Does.Contain("final-000100.safetensors"));
        Folder.Save(CheckpointTests.Make(300), final: true);
        Assert.That(Names, Is.EqualTo(new[] { "final-000300.safetensors", "latest", "step-000200.safetensors" }));
    }

    [Test]
    public void A_damaged_newest_file_is_skipped_and_reported()
    {
        Folder.Save(CheckpointTests.Make(100));
        string newest = Folder.Save(CheckpointTests.Make(200));
        File.WriteAllBytes(newest, File.ReadAllBytes(newest)[..^3]);
        FoundCheckpoint found = Folder.Latest("classic")!;
        Assert.That(found.Checkpoint.Info.Step, Is.EqualTo(100));
        Assert.That(found.Skipped, Has.Count.EqualTo(1));
        Assert.That(found.Skipped[0], Does.Contain(newest).And.Contain("truncated"));

        // Going on from step 100, the damaged file of step 200 must not push good ones out.
        Folder.Save(CheckpointTests.Make(150));
        Assert.That(Names, Is.EqualTo(new[] { "latest", "step-000100.safetensors", "step-000150.safetensors" }));
    }

    [Test]
    public void A_missing_or_empty_pointer_does_no_harm()
    {
        Folder.Save(CheckpointTests.Make(100));
        Folder.Save(CheckpointTests.Make(200));
        string pointer = Path.Combine(Folder.FolderPath, "latest");
        File.WriteAllText(pointer, "");
        Assert.That(Folder.Latest("classic")!.Checkpoint.Info.Step, Is.EqualTo(200));
        File.Delete(pointer);
        Assert.That(Folder.Latest("classic")!.Checkpoint.Info.Step, Is.EqualTo(200));
    }

    [Test]
    public void What_a_killed_save_left_behind_is_removed()
    {
        Folder.Save(CheckpointTests.Make(100));
        File.WriteAllText(Path.Combine(Folder.FolderPath, ".step-000200.safetensors.77-1.tmp"), "torn");
        Assert.That(Folder.Latest("classic")!.Checkpoint.Info.Step, Is.EqualTo(100));
        Folder.Save(CheckpointTests.Make(200));
        Assert.That(Names, Is.EqualTo(new[] { "latest", "step-000100.safetensors", "step-000200.safetensors" }));
    }

    [Test]
    public void The_pointer_can_go_back()
    {
        Folder.Save(CheckpointTests.Make(100));
        Folder.Save(CheckpointTests.Make(200));
        File.WriteAllText(Path.Combine(Folder.FolderPath, "latest"), "step-000100.safetensors");
        Assert.That(Folder.Latest("classic")!.Checkpoint.Info.Step, Is.EqualTo(100));
    }

    [Test]
    public void When_all_are_damaged_each_fault_is_listed()
    {
        string[] files = [Folder.Save(CheckpointTests.Make(100)), Folder.Save(CheckpointTests.Make(200))];
        foreach (string file in files)
            File.WriteAllText(file, "");

        Assert.That(() => Folder.Latest("classic"), Throws.TypeOf<UserInputException>()
            .With.Message.Contains(files[0]).And.Message.Contains(files[1]).And.Message.Contains("no usable checkpoint"));
    }

    [Test]
    public void A_good_file_of_another_model_is_no_reason_to_fall_back()
    {
        Folder.Save(CheckpointTests.Make(100));
        Folder.Save(CheckpointTests.Make(200, model: "unclip"));
        Assert.That(() => Folder.Latest("classic"), Throws.TypeOf<UserInputException>().With.Message.Contains("'unclip'"));
    }
}
