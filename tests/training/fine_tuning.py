"""What the tests of fine-tuning import of training; verl warns of every training engine that is not installed."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cove_rl.training.chosen import ChosenTasks as ChosenTasks
    from cove_rl.training.chosen import read_choice as read_choice
    from cove_rl.training.dataset import CoveTasks as CoveTasks
    from cove_rl.training.sft import CopyDrills as CopyDrills
    from cove_rl.training.sft import OracleConversations as OracleConversations
