"""What happens in the world, area by area: functions that draw one event from the dice."""
